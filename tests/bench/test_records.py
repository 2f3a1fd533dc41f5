from hypothesis import given
from hypothesis import strategies as st

from rnnplay.bench.records import sampling_bound, training_bound

shares = st.floats(0, 1)


@given(shares, shares)
def test_what_takes_more_than_half_of_a_step_bounds_it(products: float, steps: float) -> None:
    bound = training_bound(products, steps)
    if products > 0.5 and steps < 0.5:
        assert bound == "products"
    if steps > 0.5 and products < 0.5:
        assert bound == "steps"
    if products + steps < 0.5:
        assert bound == "other work"


def test_a_stream_that_reads_as_fast_as_the_machine_can_is_bound_by_reading() -> None:
    assert (sampling_bound(0.95), sampling_bound(0.05)) == ("reading", "overhead")
