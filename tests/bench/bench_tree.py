# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees for the benchmarks. The same arguments make the same tree, byte for byte."""

import os
import random
import shutil
import uuid

CORPUS = os.path.join("..", "shared", "corpus", "braindump", "org")

WORDS = """
a above across after again all also among and any are as at be because before below between book both but by can
come day do down each evening every few find first for from garden good green hand have here house how idea if in
into is it keep know large last later less letter light line little long look make many more morning most much name
near never new next night no not note now of often old on once one only open or other out over own page paper part
place plan point question quiet read road same say see self shape side small so some sound still stone street such
table take tell than that the their then there these they thing think this those time to tree two under until up use
very walk wall water way we week well what when where which while who why wind window with wood word work world write
year you
""".split()


def make_directories(root, count, rng):
    """Makes COUNT directories, ROOT one of them: most have few others inside, some have many."""
    os.makedirs(root)
    directories = [root]
    parent = 0
    while len(directories) < count:
        fan_out = rng.choice((1, 2, 3, 4, 6, 8, 12, 30))
        for i in range(min(fan_out, count - len(directories))):
            path = f"{directories[parent]}/d{i}"
            os.mkdir(path)
            directories.append(path)
        parent += 1
    return directories


def make_tree(root, n_directories, n_files, seed=1):
    """Files of a line each, spread evenly. Their contents do not matter to who only watches."""
    directories = make_directories(root, n_directories, random.Random(seed))
    for i in range(n_files):
        with open(f"{directories[i % n_directories]}/note-{i:06}.org", "w", encoding="utf-8") as note:
            note.write(f"* Note {i}\n")
    return root


def paragraph(rng, others):
    words = rng.choices(WORDS, k=rng.randint(40, 200))
    for other in rng.sample(others, min(len(others), rng.choice((0, 0, 0, 1, 1, 2)))):
        words[rng.randrange(len(words))] = f"[[id:{other}][{rng.choice(WORDS)} {rng.choice(WORDS)}]]"
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) > 70:
            lines.append(line)
            line = ""
        line += (" " if line else "") + word
    return "\n".join(lines + [line]) + ".\n"


def make_notes(root, count, seed=1):
    """Notes as people keep them with org-roam: an ID each, a few headings, links to one another."""
    rng = random.Random(seed)
    directories = make_directories(root, max(1, count // 100), rng)
    ids = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(count)]
    for i, own in enumerate(ids):
        # Links go to any note, also to those that come later.
        others = rng.sample(ids, min(count, 5))
        text = f":PROPERTIES:\n:ID:       {own}\n:END:\n#+title: Note {i} on the {rng.choice(WORDS)}\n"
        if rng.random() < 0.4:
            text += f"#+filetags: :{rng.choice(WORDS)}:{rng.choice(WORDS)}:\n"
        if rng.random() < 0.1:
            text += f"#+ARCOLOGY_KEY: garden/{i}\n"
        for _ in range(rng.randint(1, 3)):
            text += "\n" + paragraph(rng, others)
        for _ in range(rng.choice((0, 1, 2, 4))):
            text += f"\n* {' '.join(rng.choices(WORDS, k=4)).capitalize()}\n"
            if rng.random() < 0.05:
                node = uuid.UUID(int=rng.getrandbits(128), version=4)
                text += f":PROPERTIES:\n:ID:       {node}\n:END:\n"
            text += paragraph(rng, others)
        with open(f"{rng.choice(directories)}/note-{i:06}.org", "w", encoding="utf-8") as note:
            note.write(text)
    return root


def make_big_note(path, size=1 << 20, headings=370, seed=1):
    """One note of SIZE bytes: nested headings, a part of them with an ID, lists, and links."""
    rng = random.Random(seed)
    ids = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(headings)]
    text = f":PROPERTIES:\n:ID:       {ids[0]}\n:END:\n#+title: A big note\n#+filetags: :big:note:\n"
    for i in range(headings):
        text += f"\n{'*' * rng.choice((1, 1, 2, 2, 2, 3))} {' '.join(rng.choices(WORDS, k=4)).capitalize()}\n"
        if i and rng.random() < 0.3:
            text += f":PROPERTIES:\n:ID:       {ids[i]}\n:END:\n"
        while len(text) < size * (i + 1) // headings:
            if rng.random() < 0.3:
                for _ in range(rng.randint(2, 6)):
                    text += f"- {' '.join(rng.choices(WORDS, k=rng.randint(5, 12)))}"
                    text += f" [[id:{rng.choice(ids)}][{rng.choice(WORDS)}]]\n" if rng.random() < 0.2 else "\n"
                text += "\n"
            else:
                text += paragraph(rng, rng.sample(ids, 5)) + "\n"
    os.makedirs(os.path.dirname(path))
    with open(path, "w", encoding="utf-8") as note:
        note.write(text)
    return path


def make_siblings(path, count, seed=1):
    """One note of COUNT headings of the first level, with a link each."""
    rng = random.Random(seed)
    ids = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(400)]
    os.makedirs(os.path.dirname(path))
    with open(path, "w", encoding="utf-8") as note:
        note.write(f":PROPERTIES:\n:ID:       {ids[0]}\n:END:\n#+title: {count} siblings\n")
        for i in range(count):
            note.write(f"* Heading {i}\nText with [[id:{rng.choice(ids)}][a link]] in it.\n")
    return path


def corpus(source_root):
    """Where the notes of a person are, or None."""
    path = os.path.join(source_root, CORPUS)
    return path if os.path.isdir(path) else None


def copy_corpus(source_root, root):
    shutil.copytree(corpus(source_root), root)
    for directory, _, names in os.walk(root):
        for name in [*names, "."]:
            os.chmod(os.path.join(directory, name), 0o755 if name == "." else 0o644)
    return root


def list_notes(root):
    return sorted(
        os.path.join(directory, name)
        for directory, _, names in os.walk(root)
        for name in names
        if name.endswith(".org") and not name.startswith(".")
    )
