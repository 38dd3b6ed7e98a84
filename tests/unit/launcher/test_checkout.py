import socket
from pathlib import Path

from launcher import checkout as places


def a_checkout(root: Path) -> places.Checkout:
    return places.Checkout(root=root, var=root / "var")


def test_a_socket_lies_under_var_while_its_path_fits():
    here = a_checkout(Path("/srv/hub"))
    assert here.socket_folder("pg", longest_name=".s.PGSQL.5432") == Path("/srv/hub/var/run/pg")


def test_a_socket_path_of_107_bytes_fits_and_one_of_108_does_not():
    # /aaa…/var/run/pg/s : the tail "/var/run/pg/s" has 13 bytes
    fits = a_checkout(Path("/" + "a" * 93))
    assert len(str(fits.socket_folder("pg", longest_name="s") / "s")) == 107
    too_long = a_checkout(Path("/" + "a" * 94))
    assert too_long.socket_folder("pg", longest_name="s").parent == Path("/tmp")


def test_bytes_of_the_path_count_and_not_characters():
    here = a_checkout(Path("/" + "ä" * 60))
    assert here.socket_folder("pg", longest_name="s").parent == Path("/tmp")


def test_short_socket_folders_of_two_checkouts_differ():
    one, other = (a_checkout(Path("/" + letter * 120)) for letter in "ab")
    assert one.socket_folder("pg", longest_name="s") != other.socket_folder("pg", longest_name="s")


def test_a_port_once_chosen_is_kept(tmp_path):
    here = a_checkout(tmp_path)
    first = places.web_port(here, base=20000)
    assert places.web_port(here, base=20000) == first


def test_a_port_that_somebody_took_is_given_up(tmp_path):
    here = a_checkout(tmp_path)
    first = places.web_port(here, base=20000)
    with socket.socket() as other:
        other.bind(("127.0.0.1", first))
        other.listen()
        assert places.web_port(here, base=20000) != first


def test_a_file_is_written_whole_and_leaves_nothing_beside_it(tmp_path):
    places.write_whole(tmp_path / "x" / "kept", "text", mode=0o600)
    assert (tmp_path / "x" / "kept").read_text() == "text"
    assert (tmp_path / "x" / "kept").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["kept"]
