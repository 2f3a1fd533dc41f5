"""From bytes to ids: corpora, vocabularies, streams and the baselines that a network is measured against."""
