"""Names for runs that a person can say."""

import os
import secrets

from rnnplay import places

_FIRST = (
    "amber ashen blue bold brass brisk bronze calm candle chalk clear cloud copper coral crisp dawn deep dusk early "
    "ember fern flint fog frost gentle glass gold grey hazel heath inky ivory jade keen lamp late lilac linen lunar "
    "maple meadow mellow mint misty moss north oak olive opal pale pearl pine plain plum quick quiet rain reed river "
    "rose rust sable salt sand silver slate slow snow soft south star still stone storm sun swift tall thistle tide "
    "tin umber velvet warm west wild willow winter wool"
).split()
_SECOND = (
    "acorn anchor anvil apple badger barge beacon bell bird boat bridge brook candle castle cedar chapel clock cove "
    "crane crow daisy door drum eel falcon farm feather ferry field finch fiddle flute forest fox garden gate goose "
    "grove gull harbour harp hare hawk hazel hedge heron hill hive horn island kettle kite ladder lake lamp lantern "
    "lark ledger lemon lily loom magpie market mill mirror moon moth nest orchard otter owl oyster page parrot path "
    "pebble pepper piper plough pond quill quince raven robin rook rope sail shell shore sparrow spoon stair swan "
    "table thimble thrush tower trout violet wagon walnut wave well wheel wren"
).split()


def new_name() -> str:
    """Return a name that no run has."""
    while True:
        name = f"{secrets.choice(_FIRST)}-{secrets.choice(_SECOND)}"
        if not os.path.lexists(places.runs_folder() / name):  # no name is too long for it
            return name
