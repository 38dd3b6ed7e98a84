from pathlib import Path

from launcher import environment, frontend, packages, stamps


def test_a_stamp_holds_for_the_very_same_contents_only(tmp_path):
    source, stamp = tmp_path / "lock", tmp_path / "stamp"
    source.write_text("a==1")
    assert not stamps.holds(stamp, stamps.digest([source]))
    stamps.put(stamp, stamps.digest([source]))
    assert stamps.holds(stamp, stamps.digest([source]))
    source.write_text("a==2")
    assert not stamps.holds(stamp, stamps.digest([source]))


def test_a_renamed_source_changes_the_digest(tmp_path):
    (tmp_path / "a").write_text("same")
    before = stamps.digest([tmp_path])
    (tmp_path / "a").rename(tmp_path / "b")
    assert stamps.digest([tmp_path]) != before


def test_pins_are_read_past_comments_and_blank_lines():
    lock = "# why\n\nabsl-py==2.5.1\npsycopg==3.3.9 ; python_version > '3'\n    # via django\n"
    assert environment.pins(lock) == ["absl-py==2.5.1", "psycopg==3.3.9"]


def test_a_package_without_record_was_interrupted(tmp_path):
    for name, files in (("whole-1.0", ["METADATA", "RECORD"]), ("half-1.0", ["METADATA"])):
        folder = tmp_path / f"{name}.dist-info"
        folder.mkdir()
        for file in files:
            (folder / file).touch()
    assert [path.name for path in environment.half_installed(tmp_path)] == ["half-1.0.dist-info"]


def test_a_python_that_only_pretends_does_not_run(tmp_path):
    shim = tmp_path / "python3.12"
    shim.write_text("#!/bin/sh\necho 'pyenv: python3.12: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    assert not environment.runs(shim)
    assert not environment.runs(tmp_path / "not-there")


def test_the_newest_postgis_of_the_distribution_is_chosen():
    search = (
        "postgresql-9-postgis-3 - old\n"
        "postgresql-16-postgis-3 - Geographic objects support\n"
        "postgresql-16-postgis-3-scripts - SQL scripts\n"
        "postgresql-17-postgis-3-dbgsym - symbols\n"
    )
    assert packages.newest_postgis(search) == "16"
    assert packages.newest_postgis("") == "15"


def test_the_front_end_is_built_from_its_sources_and_not_from_its_packages(tmp_path):
    for name in (
        "src/map.ts",
        "package.json",
        "node_modules/x/index.js",
        "dist/map.js",
        "notes.md",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = {str(path.relative_to(tmp_path)) for path in frontend.sources(tmp_path)}
    assert found == {"src/map.ts", "package.json"}


def test_a_lock_names_no_registry():
    lock = (Path(__file__).parents[3] / "requirements.txt").read_text()
    assert "://" not in lock
    assert "--hash" not in lock
    assert "--index-url" not in lock


def test_pango_is_asked_of_the_distribution_where_it_is_not_there(monkeypatch):
    monkeypatch.setattr(packages, "loads", lambda library: library != packages.PANGO[1])
    (need,) = packages.missing(database=False, broker=False, chromium=False)
    assert need.packages == (
        "libpango-1.0-0",
        "libpangoft2-1.0-0",
        "libharfbuzz-subset0",
        "fonts-dejavu-core",
    )
    monkeypatch.setattr(packages, "loads", lambda library: True)
    assert packages.missing(database=False, broker=False, chromium=False) == []


def test_a_library_that_no_machine_has_does_not_load():
    assert not packages.loads("libnobody-has-this.so.7")
