from export_pipeline.embedded.syslog_texts import TEXTS


def test_texts_cover_every_severity_and_many_programs() -> None:
    assert {text.severity for text in TEXTS} == set(range(8))
    assert len({text.program for text in TEXTS}) >= 14


def test_texts_are_clean_and_have_a_blank_to_soil() -> None:
    for text in TEXTS:
        assert " " in text.text
        assert "  " not in text.text
        assert text.text.isprintable()
        assert text.weight > 0
        assert 0 <= text.facility < 24


def test_texts_differ() -> None:
    assert len({text.text for text in TEXTS}) == len(TEXTS)
