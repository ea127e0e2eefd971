"""The module profanity."""

import time

import pytest

from harness import SRCDIR, Server

WORDS = """\
# A comment.
shit
ass

  # not a comment, but a phrase
darn
slut
wanker
fuck
son of a gun
Größe
хрен
की
"""


def start(chatd, options="", words=WORDS):
    return chatd(modules="module profanity { %s }" % options, files={"profanity.txt": words})


def said(client, text):
    """What becomes of a text."""
    answer = client.say(text)
    assert answer["type"] == "ok", answer
    return client.expect("message", seq=answer["seq"])["text"]


@pytest.fixture(scope="module")
def alice(tmp_path_factory):
    """One server for all that only asks what is masked."""
    server = Server(tmp_path_factory.mktemp("profanity") / "server",
                    modules="module profanity {}", files={"profanity.txt": WORDS})
    server.start()
    yield server.client("alice", room="lobby")
    assert not server.finish()


# ---- What is found -------------------------------------------------------------------------------

@pytest.mark.parametrize("text, masked", [
    ("shit", "****"),
    ("oh shit happens", "oh **** happens"),
    ("shit, shit; shit", "****, ****; ****"),
    ("(shit)", "(****)"),
    ("shit_happens", "****_happens"),
    ("shit's", "****'s"),
    ("bull-shit", "bull-****"),
    ("\nshit\n", "\n****\n"),
    ("“shit”", "“****”"),
    ("😀shit😀", "😀****😀"),
    ("son of a gun", "************"),
    ("SON  OF-A gun!", "*************!"),
], ids=str)
def test_words(alice, text, masked):
    assert said(alice, text) == masked


@pytest.mark.parametrize("text", [
    "Scunthorpe", "assess the class, pass the glass", "shitake", "shitshit", "bassist", "darning",
    "hello", "as", "sht", "son of a", "son of a gunner", "日本shit", "shit2", "shité", "xshit",
    "sh\ufdfait",
    "user@ss.example", "US$hit",
])
def test_parts_of_words_are_left_alone(alice, text):
    assert said(alice, text) == text


@pytest.mark.parametrize("text, masked", [
    ("SHIT Shit sHiT", "**** **** ****"),
    ("GRÖSSE größe Große", "****** ***** *****"),
    ("ХРЕН хрен", "**** ****"),
    ("shít śĥĩť", "**** ****"),
    ("s\u0301h\u0302i\u0303t\u0304!", "********!"),
    ("s\u0336h\u0336i\u0336t\u0336", "********"),
    ("ｓｈｉｔ", "****"),
    ("𝓼𝓱𝓲𝓽 𝕤𝕙𝕚𝕥", "**** ****"),
    ("ⓢⓗⓘⓣ", "****"),
    ("s\u200bh\u00adi\u2060t", "*******"),
    ("ſhit", "****"),
    ("aß", "**"),
    ("wan\u212aer", "******"),
], ids=ascii)
def test_case_accents_and_compatibility_forms(alice, text, masked):
    assert said(alice, text) == masked


@pytest.mark.parametrize("text, masked", [
    ("sh1t", "****"),
    ("$hit", "****"),
    ("@ss", "***"),
    ("a$$", "***"),
    ("fu(k", "****"),
    ("5h17", "****"),
    ("sh!t!", "****!"),
    ("shit!", "****!"),
    ("!shit", "!****"),
    ("s1ut", "****"),
    ("s|ut", "****"),
    ("SH|T", "****"),
    ("d4rn w4nk3r", "**** ******"),
    ("sh\uff11t", "****"),
    ("\u0455h\u0456t", "****"),
    ("@shit", "@****"),
], ids=ascii)
def test_look_alikes(alice, text, masked):
    assert said(alice, text) == masked


@pytest.mark.parametrize("text", [
    "455", "4$$", "$455", "it costs 4$$ or 455 euros", "5417", "1970-01-01", "2+2=4", "!!! $$$ @@@",
])
def test_numbers_and_signs_are_no_words(alice, text):
    assert said(alice, text) == text


@pytest.mark.parametrize("text, masked", [
    ("shiiiit", "*******"),
    ("ssshhhiiittt", "************"),
    ("SHIIIIT!!!", "*******!!!"),
    ("assssss", "*******"),
    ("aaass", "*****"),
    ("$$$hit", "******"),
])
def test_stretched(alice, text, masked):
    assert said(alice, text) == masked


def test_two_of_a_letter_are_not_stretched(chatd):
    client = start(chatd, words="god\n").client("alice", room="lobby")
    assert said(client, "good god, goood") == "good ***, *****"


def test_vowels_of_other_scripts_count(alice):
    assert said(alice, "की का") == "** का"


def test_word_goes_on_with_a_vowel_sign(chatd):
    client = start(chatd, words="क\n").client("alice", room="lobby")
    assert said(client, "क का") == "* का"


def test_what_one_character_becomes_is_masked_with_it(chatd):
    client = start(chatd, words="a\nfi\n").client("alice", room="lobby")
    assert said(client, "\u2100 \ufb01 x") == "* * x"


# ---- Masking -------------------------------------------------------------------------------------

def test_all_else_keeps_its_bytes(alice):
    around = "é e\u0301 ﬁ ﷺ 日本 \U0001f468\u200d\U0001f469\u200d\U0001f467 ½ ㏂ K ß \u202e x \ufeff"
    assert said(alice, f"{around} shit {around} $hit {around}") == (
        f"{around} **** {around} **** {around}")


@pytest.mark.parametrize("mask, masked", [
    ("*", "oh ****, ***!"),
    ("█", "oh ████, ███!"),
    ("😀", "oh 😀😀😀😀, 😀😀😀!"),
    ("[beep]", "oh [beep], [beep]!"),
    ("**", "oh **, **!"),
    ("é", "oh éééé, ééé!"),
])
def test_mask(chatd, mask, masked):
    client = start(chatd, f'mask = "{mask}"').client("alice", room="lobby")
    assert said(client, "oh shit, @ss!") == masked


def test_mask_that_makes_the_message_too_long_denies(chatd):
    server = start(chatd, 'mask = "[expletive deleted]"')
    alice = server.client("alice", room="lobby")
    limit = alice.hello["limits"]["message_bytes"]
    answer = alice.say("ass " * (limit // 4))
    assert (answer["type"], answer["code"]) == ("error", "filtered")
    assert said(alice, "ass") == "[expletive deleted]"


# ---- Actions -------------------------------------------------------------------------------------

def test_deny(chatd):
    server = start(chatd, "action = deny")
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    answer = alice.say("sh1t")
    assert (answer["type"], answer["code"]) == ("error", "filtered")
    assert answer["message"]
    assert alice.say("fine")["seq"] == 1
    bob.sync()
    assert [event["text"] for event in bob.of_type("message")] == ["fine"]


def test_drop(chatd):
    server = start(chatd, "action = drop")
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    assert alice.say("sh1t")["type"] == "ok"
    assert alice.say("fine")["seq"] == 1
    for client in (alice, bob):
        client.sync()
        assert [event["text"] for event in client.of_type("message")] == ["fine"]


def test_bots_are_filtered_too(chatd):
    server = chatd(modules='module profanity {}\nmodule greeter { text = "shit, %nick%" '
                   'private = false }', files={"profanity.txt": WORDS})
    assert server.client("alice", room="lobby").expect("message")["text"] == "****, alice"


# ---- Word lists ----------------------------------------------------------------------------------

def test_list_elsewhere(chatd, tmp_path):
    (tmp_path / "bad words").write_text("foo\r\n\r\n \t\n bar\t\n")
    server = chatd(modules=f'module profanity {{ words = "{tmp_path}/bad words" }}')
    assert said(server.client("alice", room="lobby"), "foo bar shit") == "*** *** shit"


def test_list_relative_to_the_modules_file(chatd):
    server = chatd(modules='module profanity { words = "lists/mild.txt" }',
                   files={"lists/mild.txt": "foo"})
    assert said(server.client("alice", room="lobby"), "foo") == "***"


def test_signs_in_a_list_are_no_pattern(chatd):
    server = start(chatd, words="f.o\nb[a]r\nx*\n(?i)y\nq\\w\n")
    alice = server.client("alice", room="lobby")
    assert said(alice, "fxo f.o bar xx zzz qw") == "fxo *** bar xx zzz qw"


def test_list_of_duplicates_and_prefixes(chatd):
    server = start(chatd, words="foo\nfoo\nFOO\nfoobar\nf\nfo\nfoobarbaz\n")
    alice = server.client("alice", room="lobby")
    assert said(alice, "foo foobar foob f fo foobarbaz foobarb") == (
        "*** ****** foob * ** ********* foobarb")


def test_thousands_of_words(chatd):
    words = ["".join(chr(ord("a") + (i * 7919 >> shift) % 26) for shift in range(0, 16, 2)) + f"x{n}"
             for n, i in enumerate(range(1, 2001))]
    words = [word.translate(str.maketrans("0123456789", "qwertyuiop")) for word in words]
    server = start(chatd, words="\n".join(words) + "\n")
    alice = server.client("alice", room="lobby")
    for i in range(0, 2000, 97):
        assert said(alice, f"a {words[i]} b") == f"a {'*' * len(words[i])} b"
    assert said(alice, words[0] + "z") == words[0] + "z"


@pytest.mark.parametrize("filling", ["1|", "a ", "$a", "shi", "1 ", "(((", "\u0301", "ﷺ"], ids=ascii)
def test_no_text_takes_long(alice, filling):
    text = filling * (alice.hello["limits"]["message_bytes"] // len(filling.encode()))
    begun = time.monotonic()
    assert alice.say(text)["type"] == "ok"
    assert time.monotonic() - begun < 1


def test_shipped_list(chatd):
    words = (SRCDIR / "etc/profanity.txt").read_text()
    alice = start(chatd, words=words).client("alice", room="lobby")
    listed = [line for line in words.splitlines() if line and not line.startswith("#")]
    assert 15 <= len(listed) <= 30
    for word in listed:
        assert said(alice, f"{word.upper()}!") == "*" * len(word) + "!"
    for fine in ("Scunthorpe", "Hello, world", "Dick", "classic assassin", "Penistone"):
        assert said(alice, fine) == fine


@pytest.mark.parametrize("words, line, said_", [
    (b"good\nb\xffd\n", 2, "UTF-8"),
    (b"good\n\n# c\n1488\n", 4, "letter"),
    (b"good\n---\n", 2, "letter"),
    ("good\n\u201c\u201d\n", 2, "letter"),
    ("\u0301\n", 1, "letter"),
    ("\u200b\n", 1, "letter"),
    ("\U0001f595\n", 1, "letter"),
    (b"x" * 101, 1, "long"),
])
def test_bad_lines(chatd_check, words, line, said_):
    code, output = chatd_check(modules="module profanity {}", files={"profanity.txt": words})
    assert code == 78
    assert f"profanity.txt:{line}: " in output and said_ in output


@pytest.mark.parametrize("words", ["", "# only\n#comments\n\n"])
def test_empty_list(chatd_check, words):
    code, output = chatd_check(modules="module profanity {}", files={"profanity.txt": words})
    assert code == 78
    assert "no words" in output


def test_missing_list(chatd_check):
    code, output = chatd_check(modules="\nmodule profanity {\n\twords = nowhere\n}")
    assert code == 78
    assert "chatd.modules:3: " in output
    assert "nowhere: No such file" in output


def test_list_is_a_folder(chatd_check):
    code, output = chatd_check(modules='module profanity { words = "." }')
    assert code == 78
    assert "directory" in output


def test_list_too_large(chatd_check):
    words = "\n".join("%016x" % (i * 0x9e3779b97f4a7c15 % 2**64) for i in range(20000))
    words = words.translate(str.maketrans("0123456789", "ghijklmnop"))
    code, output = chatd_check(modules="module profanity {}", files={"profanity.txt": words})
    assert code == 78
    assert "so many words" in output


@pytest.mark.parametrize("options, said_", [
    ('mask = ""', "mask"),
    ("action = beep", "mask|drop|deny"),
])
def test_bad_options(chatd_check, options, said_):
    code, output = chatd_check(modules="module profanity { %s }" % options,
                               files={"profanity.txt": WORDS})
    assert code == 78
    assert said_ in output


def test_good_options(chatd_check):
    code, output = chatd_check(modules="module profanity {}", files={"profanity.txt": WORDS})
    assert code == 0, output
