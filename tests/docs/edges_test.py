"""edges_test.py SOURCE: the edges of ORDERING.md, the models, and the table of docs/proofs.md say the same.

Every edge has a row with a model whose head cites it, or stands in a sentence that says why it has none. The head of every model
cites edges that there are, and each of its mistakes stands in the row of an edge that it cites; so does nothing else. The code that
a row or the head of a model tells of is there: each file, and each name in the file that stands before it."""
import pathlib
import re
import sys

EDGE = re.compile(r"\bE\d+\b")
EDGE_OF_ROW = re.compile(r"^\| \*\*(E\d+)\*\*", re.MULTILINE)
WITHOUT_MODEL = re.compile(r"^(E[^.]*) (?:has|have) no model of (?:its|their) own\. \w", re.MULTILINE)
MODEL = re.compile(r"\]\(\.\./tests/model/(\w+)\.pml\)")
MISTAKE = re.compile(r"`(?:(\w+)\.breaks_)?(\w+)`")
LISTED_MISTAKE = re.compile(r"^model_breaks\((\w+) (\w+) ", re.MULTILINE)
LISTED_MODEL = re.compile(r"^model\((\w+)[ )]", re.MULTILINE)

CODE_OF_MODEL = re.compile(r"\bCode: (.*?)(?:\.\s|\Z)", re.DOTALL)
IN_BRACKETS = re.compile(r"\(.*?\)", re.DOTALL)
QUOTED = re.compile(r"`([^`]+)`")
SOURCE_FILE = re.compile(r"\w+\.[ch]pp")
FILE_OR_NAME = re.compile(rf"{SOURCE_FILE.pattern}|\b[a-z]+_\w+\b(?!\.pml)")
COMMENT = re.compile(r"//.*")


class Code:
    """The files of the rooms that models speak of."""

    def __init__(self, source):
        paths = [path for room in ("common", "client", "server") for path in (source / room).rglob("*.?pp")]
        self.texts = {}
        for path in paths:
            self.texts.setdefault(path.name, []).append(COMMENT.sub("", path.read_text()))

    def missing(self, words):
        """Of files and names that follow one another, each name being of the last file before it, those that are not there."""
        file = None
        for word in words:
            if SOURCE_FILE.fullmatch(word):
                file = word
                if file not in self.texts:
                    yield file
            elif file in self.texts and not any(re.search(rf"\b{word}\b", text) for text in self.texts[file]):
                yield f"{word} in {file}"


def head_of(model):
    text = model.read_text()
    assert text.startswith("/*"), f"{model.name} has no head"
    return text[: text.index("*/")]


def rows_of(page):
    """(edges, code, models, mistakes) of each row, a mistake as (model, name)."""
    rows = []
    for line in page.splitlines():
        if not line.startswith("| **E"):
            continue
        edges, code, models, mistakes = (cell.strip() for cell in line.strip("|").split(" | "))
        models = MODEL.findall(models)
        named = [(model or None, name) for model, name in MISTAKE.findall(mistakes)]
        rows.append((EDGE.findall(edges), QUOTED.findall(code), models, named))
    return rows


def check(source):
    wrong = []
    folder = source / "tests" / "model"
    ordering = set(EDGE_OF_ROW.findall((source / "common" / "ring" / "ORDERING.md").read_text()))
    assert len(ordering) >= 12, f"ORDERING.md has the edges {sorted(ordering)} only"
    page = (source / "docs" / "proofs.md").read_text()
    list_of_models = (folder / "CMakeLists.txt").read_text()
    listed = set(LISTED_MISTAKE.findall(list_of_models))
    models = set(LISTED_MODEL.findall(list_of_models))
    cited = {model: set(EDGE.findall(head_of(folder / f"{model}.pml"))) for model in models}

    for model, edges in sorted(cited.items()):
        if not edges or not edges <= ordering:
            wrong.append(f"{model}.pml cites {sorted(edges) or 'no edge'}, which ORDERING.md does not have")
    for file in sorted(folder.glob("*.pml")):
        if re.search(r"^init {", file.read_text(), re.MULTILINE) and file.stem not in models:
            wrong.append(f"{file.name} is listed nowhere")

    code = Code(source)
    for file in sorted(folder.glob("*.pml")):
        for told in CODE_OF_MODEL.findall(head_of(file)):
            words = FILE_OR_NAME.findall(IN_BRACKETS.sub("", told))
            wrong += [f"{file.name} tells of {name}, which is not there" for name in code.missing(words)]

    rows = rows_of(page)
    explained = {edge for sentence in WITHOUT_MODEL.findall(page) for edge in EDGE.findall(sentence)}
    modelled = {edge for edges, _, names, _ in rows for edge in edges if any(edge in cited.get(name, ()) for name in names)}
    for edge in sorted(ordering - explained - modelled):
        wrong.append(f"{edge} has neither a row with a model that cites it, nor a reason why not")
    for edge in sorted(explained & modelled):
        wrong.append(f"{edge} has a model, and a reason why it has none")
    for edges, words, _, _ in rows:
        wrong += [f"the row of {', '.join(edges)} tells of {name}, which is not there" for name in code.missing(words)]
        for edge in sorted(set(edges) - ordering):
            wrong.append(f"a row is about {edge}, which ORDERING.md does not have")

    told = set()
    for edges, _, names, mistakes in rows:
        for model, mistake in mistakes:
            found = {(name, mistake) for name in ([model] if model else names)} & listed
            told |= found
            if not found:
                wrong.append(f"the row of {', '.join(edges)} tells of {mistake}, which is no mistake of {', '.join(names)}")
    for model, mistake in sorted(listed - told):
        wrong.append(f"no row tells of {model}.breaks_{mistake}")
    for model in sorted(models - {name for _, _, names, _ in rows for name in names}):
        wrong.append(f"no row has the model {model}")
    return wrong


found = check(pathlib.Path(sys.argv[1]))
sys.exit("\n".join(found) if found else 0)
