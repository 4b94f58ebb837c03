# SPDX-License-Identifier: Apache-2.0
#
# The Markdown of this tree, as far as its tests have to know it.
#
# Commands are in fenced blocks of kind "console", each line of one with a
# prompt, "# ", as they are given by root; what they print follows:
#
#     ```console
#     # ovs-offload port list
#     ...
#     ```
#
# What follows "console" says what a test does with them:
#
#     console                  run in the lab, output compared, must succeed
#     console fails            the same, but each command must fail
#     console elsewhere: WHY   not run in the lab, for that reason
#
# A command goes on in the next line after a backslash.  In output, "..." is
# anything, a line of it any number of lines; blanks stand for any number of
# blanks, a rule ("---") for one of any length; a number that stands alone is
# any number.
#
# What the test has to do before and between, as a reader's node has done it
# already, is in comments, run by the test's shell:
#
#     <!-- lab: FUNCTION [ARG]... -->
#
# Other kinds of blocks are material, not commands.
#
# In manuals, commands are the lines of literal displays in section EXAMPLES.
# They have to succeed; what they print is not there.  Comments are the same:
#
#     .\" lab: FUNCTION [ARG]...
#     .\" elsewhere: WHY
#
# The latter is about the display that follows.

import os
import re

# Kinds of blocks that are no commands.
MATERIAL = {"text", "json", "yaml", "c", "bash", "dot", "ini", "xml",
            "markdown", "promql", "spec"}


class Block:
    """A fenced block: 'line' of its first line of text, from 1."""

    def __init__(self, line, info):
        self.line = line
        self.info = info
        self.text = []

    @property
    def kind(self):
        return self.info.split(None, 1)[0] if self.info else ""

    @property
    def rest(self):
        return self.info[len(self.kind):].strip()


class Step:
    """A command.  'kind' is "run", "fails", "example" (as "run", but for the
    output), "lab" or "elsewhere"."""

    def __init__(self, kind, line, command, why=""):
        self.kind = kind
        self.line = line
        self.command = command
        self.output = []
        self.why = why


class PageError(Exception):
    pass


class Page:
    def __init__(self, name, text):
        self.name = name
        self.blocks = []
        self.prose = []         # Lines outside of blocks, (number, text).
        self.steps = []
        self._parse(text.split("\n"))

    def error(self, line, why):
        raise PageError("%s:%d: %s" % (self.name, line, why))

    def _parse(self, lines):
        block = None
        ticks = 0               # That 'block' began with.
        for number, line in enumerate(lines, 1):
            fence = re.match(r" {0,3}(```+)([^`]*)$", line)
            if block is not None:
                if fence and not fence.group(2) and \
                        len(fence.group(1)) >= ticks:
                    self._add_block(block)
                    block = None
                else:
                    block.text.append(line)
            elif fence:
                block = Block(number + 1, fence.group(2).strip())
                ticks = len(fence.group(1))
            else:
                self.prose.append((number, line))
                lab = re.match(r"<!-- lab: (.*) -->$", line)
                if lab:
                    self.steps.append(Step("lab", number, lab.group(1)))
                elif re.match(r"<!--\s*lab", line):
                    self.error(number, "a lab comment is one whole line")
        if block is not None:
            self.error(block.line, "the block does not end")

    def _add_block(self, block):
        self.blocks.append(block)
        if block.kind == "console":
            self._commands(block)
        elif block.kind not in MATERIAL:
            self.error(block.line - 1, "a block of no known kind, '%s'"
                       % block.info)
        else:
            for i, line in enumerate(block.text):
                if line.startswith("$ "):
                    self.error(block.line + i,
                               "a command in a block of kind " + block.kind)

    def _commands(self, block):
        kind, why = {"": ("run", ""), "fails": ("fails", "")}.get(
            block.rest, ("elsewhere", block.rest[len("elsewhere:"):].strip()))
        if kind == "elsewhere" and not (
                block.rest.startswith("elsewhere:") and why):
            self.error(block.line - 1, "console what? '%s'" % block.rest)
        step = None
        goes_on = False
        for i, line in enumerate(block.text):
            if goes_on:
                step.command += "\n" + line
            elif line.startswith("# "):
                step = Step(kind, block.line + i, line[2:], why)
                self.steps.append(step)
            elif step is None:
                self.error(block.line + i, "output before a command")
            else:
                step.output.append(line)
                continue
            goes_on = line.endswith("\\")
        if step is None:
            self.error(block.line, "no command")


class Manual:
    """A manual, of which only the examples count."""

    def __init__(self, name, text):
        self.name = name
        self.steps = []
        self.prose = []
        why = None
        in_examples = in_display = False
        for number, line in enumerate(text.split("\n"), 1):
            comment = re.match(r'\.\\" (lab|elsewhere): (.*)$', line)
            if line.startswith(".Sh "):
                in_examples = line == ".Sh EXAMPLES"
            elif not in_examples:
                continue
            elif comment and comment.group(1) == "lab":
                self.steps.append(Step("lab", number, comment.group(2)))
            elif comment:
                why = comment.group(2)
            elif line.startswith(".Bd -literal"):
                in_display = True
                goes_on = False
            elif line.startswith(".Ed"):
                in_display = False
                why = None
            elif in_display:
                line = line.replace("\\e", "\\")
                if goes_on:
                    self.steps[-1].command += "\n" + line
                else:
                    self.steps.append(Step("elsewhere" if why else "example",
                                           number, line, why))
                goes_on = line.endswith("\\")


def read(top, name):
    """The page or manual 'name' in the tree 'top'."""
    with open(os.path.join(top, name), encoding="utf-8") as f:
        text = f.read()
    return (Page if name.endswith(".md") else Manual)(name, text)


def headings(page):
    """The anchors of a page, as GitHub makes them."""
    seen = {}
    for _, line in page.prose:
        match = re.match(r"#{1,6} +(.*?) *#*$", line)
        if not match:
            continue
        text = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)",
                      lambda m: m.group(1) or "", match.group(1))
        anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        n = seen.get(anchor, 0)
        seen[anchor] = n + 1
        yield anchor if not n else "%s-%d" % (anchor, n)


def links(page):
    """(line, target) of each link and picture, code excepted."""
    in_comment = False
    for number, line in page.prose:
        if line.startswith("<!--"):
            in_comment = True
        if not in_comment:
            line = re.sub(r"`[^`]*`", "", line)
            for match in re.finditer(r"\]\(([^)\s]+)[^)]*\)", line):
                yield number, match.group(1)
            for match in re.finditer(r'(?:src|href|srcset)="([^"]+)"', line):
                yield number, match.group(1)
        if "-->" in line:
            in_comment = False


def line_pattern(line):
    """A regular expression for a line of output."""
    parts = []
    for part in re.split(r"(\.\.\.|\s+|-{3,}|(?<![\w.:/-])\d+(?:\.\d+)?"
                         r"(?![\w:/-]|\.\d))", line.rstrip()):
        if part == "...":
            parts.append(r".*")
        elif part.startswith("---"):
            parts.append(r"-+")
        elif part.isspace():
            parts.append(r"\s+")
        elif re.fullmatch(r"\d+(\.\d+)?", part or "x"):
            parts.append(r"\d+(?:\.\d+)?")
        else:
            parts.append(re.escape(part))
    return re.compile("".join(parts) + r"\s*")


def output_matches(want, have):
    """None, or the first line of 'want' that 'have' does not have."""
    want = [line for line in want]
    while want and not want[-1].strip():
        want.pop()
    have = [line.rstrip() for line in have]
    while have and not have[-1]:
        have.pop()

    # furthest[0] is the number of lines of 'want' that once did match.
    furthest = [0]

    def match(i, j):
        furthest[0] = max(furthest[0], i)
        if i == len(want):
            return j == len(have)
        if want[i].strip() == "...":
            return any(match(i + 1, k) for k in range(j, len(have) + 1))
        return (j < len(have) and line_pattern(want[i]).fullmatch(have[j])
                and match(i + 1, j + 1))

    if match(0, 0):
        return None
    i = furthest[0]
    return want[i] if i < len(want) else "nothing more"
