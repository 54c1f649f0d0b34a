"""Data sets that are found on the machine or fetched: a server on this machine stands for their mirrors."""

import gzip
import hashlib
import io
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from bench.datasets import DatasetError, idx, load, published
from bench.datasets.published import PUBLISHED, File

NAMES = sorted(PUBLISHED)
REAL = dict(PUBLISHED)


def tiny_idx(seed):
    """Two images 3 x 5 and their labels 1 and 2 as IDX files, packed, by the ending of their roles."""
    x = np.random.default_rng(seed).integers(1, 256, (2, 3, 5), np.uint8)
    header = {"images": (2051, 2, 3, 5), "labels": (2049, 2)}
    body = {"images": x.tobytes(), "labels": bytes([1, 2])}
    packed = {
        kind: gzip.compress(b"".join(n.to_bytes(4, "big") for n in header[kind]) + body[kind], mtime=0)
        for kind in header
    }
    return x, packed


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Mirror:
    """A server of made files; `asked` are the paths it was asked for."""

    def __init__(self):
        self.files, self.asked, self.cut = {}, [], 0
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                mirror.asked.append(self.path)
                content = mirror.files.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) - mirror.cut])

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("SCRATCHMARK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SCRATCHMARK_DATA", raising=False)
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    monkeypatch.setattr(published, "DEBIAN", tmp_path / "debian")
    return tmp_path


@pytest.fixture
def mirror(monkeypatch):
    """A mirror with small stand-ins for all three sets, which PUBLISHED then describes."""
    mirror = Mirror()
    for name, real in REAL.items():
        files = {role: File(file.name, *stand_in(mirror, role, file.name)) for role, file in real.files.items()}
        archive = real.archive and File(real.archive.name, *archived(mirror, files))
        tiny = replace(real, mirrors=(mirror.url,), files=files, archive=archive)
        monkeypatch.setitem(PUBLISHED, name, tiny)
    yield mirror
    mirror.close()


def stand_in(mirror, role, name):
    part, kind = role.split("-")
    content = tiny_idx(0 if part == "train" else 1)[1][kind]
    mirror.files[f"/{name}"] = content
    return sha256(content), sha256(gzip.decompress(content))


def archived(mirror, files):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for file in files.values():
            archive.writestr(f"gzip/{file.name}", mirror.files.pop(f"/{file.name}"))
        archive.writestr("gzip/emnist-digits-train-images-idx3-ubyte.gz", b"another set")
    mirror.files["/gzip.zip"] = memory.getvalue()
    return (sha256(memory.getvalue()),)


def images(name):
    upright = (lambda x: x.swapaxes(1, 2)) if REAL[name].transposed else (lambda x: x)
    return upright(tiny_idx(0)[0]), upright(tiny_idx(1)[0])


def downloads(name):
    return published.folders(name)[-1]


# --- fetched


@pytest.mark.parametrize("name", NAMES)
def test_a_set_is_fetched_checked_and_kept(mirror, name, capsys):
    data = load(name)
    train, test = images(name)
    np.testing.assert_array_equal(data.raw(data.x_train), train)
    np.testing.assert_array_equal(data.raw(data.x_test), test)
    assert data.classes.tolist() == [1, 2]
    kept = sorted(path.name for path in downloads(name).iterdir())
    assert kept == sorted(file.name for file in PUBLISHED[name].files.values())
    said = capsys.readouterr()
    assert said.err == f"{name}: fetching {REAL[name].n_megabytes} MB into {downloads(name)}\n"
    assert said.out == ""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("prepared", [True, False])
def test_a_second_load_needs_no_network(mirror, name, prepared, monkeypatch, tmp_path):
    first = load(name)
    mirror.files.clear()
    mirror.asked.clear()
    if not prepared:
        (tmp_path / "cache" / "datasets").rename(tmp_path / "elsewhere")
    assert load(name).fingerprint == first.fingerprint
    assert mirror.asked == []


def test_a_wrong_digest_keeps_nothing(mirror):
    mirror.files["/train-images-idx3-ubyte.gz"] = tiny_idx(5)[1]["images"]
    with pytest.raises(DatasetError) as caught:
        load("kmnist")
    file = PUBLISHED["kmnist"].files["train-images"]
    found = sha256(mirror.files["/train-images-idx3-ubyte.gz"])
    assert f"{mirror.url}{file.name}: expected bytes of SHA-256 {file.sha256}, found {found}" in str(caught.value)
    assert list(downloads("kmnist").iterdir()) == []


def test_a_truncated_transfer_keeps_nothing(mirror):
    mirror.cut = 7
    with pytest.raises(DatasetError, match=r"train-images-idx3-ubyte.gz: truncated: expected \d+ bytes, found \d+"):
        load("fashion-mnist")
    assert list(downloads("fashion-mnist").iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_network_is_one_line_that_names_the_folder_and_the_mirror(mirror, name):
    mirror.close()
    with pytest.raises(DatasetError) as caught:
        load(name)
    message = str(caught.value)
    file = (PUBLISHED[name].archive or PUBLISHED[name].files["train-images"]).name
    assert message.startswith(f"{name}: not on this machine, and not to be fetched ({mirror.url}{file}: [Errno ")
    assert f"Put {file}" in message
    assert message.endswith(f" from {mirror.url} into {downloads(name)}")
    assert "\n" not in message


def test_a_file_that_the_mirror_lacks_is_named(mirror):
    del mirror.files["/t10k-labels-idx1-ubyte.gz"]
    with pytest.raises(DatasetError, match=r"t10k-labels-idx1-ubyte.gz: Not Found"):
        load("kmnist")


def test_what_was_fetched_before_a_failure_is_not_fetched_again(mirror):
    content = mirror.files.pop("/t10k-labels-idx1-ubyte.gz")
    with pytest.raises(DatasetError):
        load("kmnist")
    mirror.files["/t10k-labels-idx1-ubyte.gz"] = content
    mirror.asked.clear()
    load("kmnist")
    assert mirror.asked == ["/t10k-labels-idx1-ubyte.gz"]


def test_the_second_mirror_helps_where_the_first_fails(mirror, monkeypatch):
    broken = f"{mirror.url}gone/"
    monkeypatch.setitem(PUBLISHED, "kmnist", replace(PUBLISHED["kmnist"], mirrors=(broken, mirror.url)))
    assert load("kmnist").n_classes == 2
    assert mirror.asked[:2] == ["/gone/train-images-idx3-ubyte.gz", "/train-images-idx3-ubyte.gz"]


def test_a_folder_that_cannot_be_written_is_one_line(mirror, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SCRATCHMARK_CACHE", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match=r"^kmnist: not on this machine, and not to be fetched \(.*Not a directory"):
        load("kmnist")


# --- found


def put(folder, name, mirror, unpacked=False):
    folder.mkdir(parents=True)
    for file in PUBLISHED[name].files.values():
        content = mirror.files[f"/{file.name}"]
        target = file.name.removesuffix(".gz") if unpacked else file.name
        (folder / target).write_bytes(gzip.decompress(content) if unpacked else content)


@pytest.mark.parametrize("place", ["given", "debian", "cache/downloads"])
@pytest.mark.parametrize("unpacked", [False, True])
def test_files_on_the_machine_are_used(mirror, places, monkeypatch, place, unpacked):
    monkeypatch.setenv("SCRATCHMARK_DATA", str(places / "given"))
    put(places / place / "fashion-mnist", "fashion-mnist", mirror, unpacked)
    data = load("fashion-mnist")
    np.testing.assert_array_equal(data.raw(data.x_train), images("fashion-mnist")[0])
    assert mirror.asked == []


def test_files_packed_anew_are_known_by_their_content(mirror, places):
    # As in Debian's package: other bytes in the gzip header, the same data.
    put(places / "debian" / "fashion-mnist", "fashion-mnist", mirror)
    for path in (places / "debian" / "fashion-mnist").iterdir():
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=1, mtime=1))
    assert load("fashion-mnist").n_classes == 2
    assert mirror.asked == []


def test_the_given_folder_goes_first_and_other_bytes_in_it_are_refused(mirror, places, monkeypatch):
    monkeypatch.setenv("SCRATCHMARK_DATA", str(places / "given"))
    put(places / "debian" / "fashion-mnist", "fashion-mnist", mirror)
    put(places / "given" / "fashion-mnist", "fashion-mnist", mirror)
    wrong = places / "given" / "fashion-mnist" / "t10k-images-idx3-ubyte.gz"
    wrong.write_bytes(tiny_idx(9)[1]["images"])
    with pytest.raises(DatasetError) as caught:
        load("fashion-mnist")
    assert str(caught.value).startswith(f"{wrong}: expected the published t10k-images-idx3-ubyte.gz, SHA-256 ")
    assert str(caught.value).endswith("to use these files as they are, name their folder as the data set")
    assert load(str(wrong.parent)).name == "fashion-mnist"


def test_an_incomplete_folder_is_passed_over(mirror, places, monkeypatch):
    monkeypatch.setenv("SCRATCHMARK_DATA", str(places / "given"))
    put(places / "given" / "kmnist", "kmnist", mirror)
    (places / "given" / "kmnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    load("kmnist")
    assert len(mirror.asked) == 4


def test_the_archive_itself_may_be_given(mirror, places, monkeypatch):
    monkeypatch.setenv("SCRATCHMARK_DATA", str(places / "given"))
    folder = places / "given" / "emnist-letters"
    folder.mkdir(parents=True)
    (folder / "gzip.zip").write_bytes(mirror.files["/gzip.zip"])
    data = load("emnist-letters")
    np.testing.assert_array_equal(data.raw(data.x_test), images("emnist-letters")[1])
    assert mirror.asked == []
    assert (folder / "gzip.zip").is_file()


def test_a_wrong_archive_is_refused(mirror, places):
    folder = downloads("emnist-letters")
    folder.mkdir(parents=True)
    (folder / "gzip.zip").write_bytes(b"half an arch")
    with pytest.raises(DatasetError, match=r"gzip.zip: expected the published gzip.zip, SHA-256 .*, found "):
        load("emnist-letters")


# --- the table


@pytest.mark.parametrize("name", NAMES)
def test_the_table_is_whole(name):
    real = REAL[name]
    files = [*real.files.values(), *([real.archive] if real.archive else [])]
    assert real.files.keys() == idx.ROLES.keys()
    digests = [digest for file in files for digest in file[1:] if digest]
    assert all(len(digest) == 64 and int(digest, 16) for digest in digests)
    assert len(set(digests)) == len(digests)
    assert all(mirror.endswith("/") for mirror in real.mirrors)
    assert len(real.labels) == {"emnist-letters": 26}.get(name, 10)


def test_the_real_places_are_named_in_order(monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.setenv("SCRATCHMARK_CACHE", str(tmp_path))
    monkeypatch.setenv("SCRATCHMARK_DATA", "/given")
    assert [str(folder) for folder in published.folders("kmnist")] == [
        "/given/kmnist",
        "/usr/share/datasets/kmnist",
        str(tmp_path / "downloads" / "kmnist"),
    ]
