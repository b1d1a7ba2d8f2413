"""Compares the view room with CPython's memoryview and struct, and with NumPy: oracle.py PATH_OF_view_oracle

Cases are generated (always the same ones), sent to the program in one go, and its answers compared here.
"""
import itertools
import math
import random
import struct
import subprocess
import sys

import numpy as np
from numpy.core import _internal

rng = random.Random(20240501)
NATIVE = "cbB?hHiIlLqQnNfd"
cases = []  # (line for the program, function that checks the answer)


def ask(check, *fields):
    cases.append(("\t".join(str(field) for field in fields), check))


def shape_text(shape):
    return ",".join(map(str, shape)) or "-"


def same(a, b):
    """Equal, with NaN equal to itself and types told apart where Python shows them."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b))
    return type(a) == type(b) and a == b


def plain(value):
    """Python objects only: records as tuples, arrays as lists, bytes as NumPy shows them, without zeros at their end."""
    if isinstance(value, dict):
        return tuple(plain(element) for element in value.values())
    if isinstance(value, np.ndarray):
        return [plain(element) for element in value]
    if isinstance(value, np.void):
        return tuple(plain(value[name]) for name in value.dtype.names) if value.dtype.names else plain(value.tobytes())
    if isinstance(value, (list, tuple)):
        return type(value)(plain(element) for element in value)
    if isinstance(value, np.generic):
        value = value.item()
    return value.rstrip(b"\0") if isinstance(value, bytes) else value


def flat(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [leaf for element in value for leaf in flat(element)]
    return [value]


class Mismatch(Exception):
    pass


def expect(condition, wanted, got):
    if not condition:
        raise Mismatch(f"the reference says {wanted!r}, the view room {got!r}")


def parsed(answer):
    return answer if answer.startswith("!") else eval(answer, {"nan": math.nan, "inf": math.inf})


def random_bytes(count):
    return bytes(rng.randrange(256) for _ in range(count))


def refused_like(error, *kinds):
    """A check that the view room refuses too, and with the matching kind of error where Python's says one."""
    if not kinds:
        kinds = {TypeError: ["!type"], ValueError: ["!value"]}.get(type(error), ["!type", "!value"])
    message = f"{type(error).__name__}: {error}"
    return lambda answer: expect(answer.split(" ")[0] in kinds, message, answer)


# Formats of the struct module: sizes and values.
def check_struct(text):
    try:
        size, error = struct.calcsize(text), None
    except struct.error as failure:
        size, error = 0, failure
    if error is not None:
        ask(refused_like(error, "!format"), "format", text)
    elif size == 0:
        ask(lambda answer: expect(answer.startswith("!format"), "no bytes: refused here", answer), "format", text)
    else:
        ask(lambda answer: expect(parsed(answer)["itemsize"] == size, size, answer), "format", text)
        if "0s" in text or "0p" in text:
            return  # struct finds empty bytes there (or fails), the view room nothing
        data = random_bytes(size)
        wanted = list(struct.unpack(text, data))
        ask(lambda answer: expect(same(flat(parsed(answer)["list"]), wanted), wanted, answer),
            "view", text, data.hex(), "*")


def struct_cases():
    for mark, code in itertools.product(["", "@", "=", "<", ">", "!"], "xcbB?hHiIlLqQnNefdspPzuT}"):
        for count in ["", "0", "1", "2", "5"]:
            check_struct(f"{mark}{count}{code}")
    for _ in range(1500):
        items = [rng.choice(["", "", "", "1", "2", "3", "0"]) + rng.choice("xcbB?hHiIlLqQnNefdspP") + rng.choice(["", "", " "])
                 for _ in range(rng.randrange(1, 8))]
        check_struct(rng.choice(["", "@", "=", "<", ">", "!", "< "]) + "".join(items))
    for _ in range(300):
        check_struct(rng.choice(["", "<"]) + "".join(rng.choice("bdHx2s 13") for _ in range(rng.randrange(1, 6))))


# NumPy's own formats, and ours read by NumPy.
def leaves(dtype, offset=0):
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        if base.fields is not None:
            return leaves(base, offset)
        return [(at, size, [*shape, *inner]) for at, size, inner in leaves(base, offset)]
    if dtype.fields is None:
        return [(offset, dtype.itemsize, [])]
    return [leaf for name in dtype.names for leaf in leaves(dtype.fields[name][0], offset + dtype.fields[name][1])]


def random_dtype(depth):
    names = rng.sample(["a", "b", "bid", "ask", "x y", "naïve", "_", "Z9"], rng.randrange(1, 5))
    fields = []
    for name in names:
        if depth < 3 and rng.random() < 0.25:
            field = random_dtype(depth + 1)
        else:
            field = np.dtype(rng.choice(["?", "i1", "u1", "S3", "S1", "V2"] +
                                        [mark + code for mark in "<>" for code in "i2 u2 i4 u4 i8 u8 f2 f4 f8".split()]))
        shape = rng.choice([(), (), (), (2,), (2, 3), (1,)])
        fields.append((name, field, shape) if shape else (name, field))
    return np.dtype(fields, align=rng.random() < 0.5)


def check_numpy(text):
    # NumPy leaves out padding at the end of some formats that it writes; what counts is how it reads them.
    dtype = _internal._dtype_from_pep3118(text)
    data = random_bytes(dtype.itemsize * 2)
    wanted = leaves(dtype)
    numbers = repr(plain(np.frombuffer(data, dtype)))

    def check_format(answer):
        result = parsed(answer)
        expect(result["itemsize"] == dtype.itemsize and result["leaves"] == wanted, (dtype.itemsize, wanted), answer)
        back = _internal._dtype_from_pep3118(result["canonical"])
        expect(back.itemsize == dtype.itemsize and leaves(back) == wanted, dtype, back)
        expect(repr(plain(np.frombuffer(data, back))) == numbers, numbers, "its canonical text otherwise")

    ask(check_format, "format", text)
    ask(lambda answer: expect(repr(plain(parsed(answer)["list"])) == numbers, numbers, answer),
        "view", text, data.hex(), "*")


def numpy_cases():
    for _ in range(400):
        check_numpy(memoryview(np.zeros(1, random_dtype(0))).format)
    # Records as NumPy reads them; struct knows none.
    for text in ["T{dI}", "T{B:a:d:b:}", "T{T{>H:a:}:in:H:b:}", "T{@B:a:T{<d:b:}:in:@I:c:}", "T{d:a:T{B:b:H:c:}:in:B:d:}",
                 "T{(2,3)H:m:d:x:}", "T{3H:m:d:x:}", "T{T{d:x:B:y:}:p:3T{d:x:B:y:}:q:}", "T{<d:bid:(4)<H:v:4x}",
                 "T{(2)3B:m:}", "T{B:a:4x:pad:}", "T{T{T{B:c:}:b:d:e:}:a:}", "^T{B:a:d:b:}", "T{=H:a:>H:b:!H:c:@H:d:}"]:
        check_numpy(text)
    dtype = _internal._dtype_from_pep3118("T{B:a:0d}")  # NumPy sees a second field, of no elements
    ask(lambda answer: expect(parsed(answer)["itemsize"] == dtype.itemsize, dtype, answer), "format", "T{B:a:0d}")


# Slices and selections of several dimensions.
def bound(length):
    return rng.choice([None, rng.randrange(-length - 2, length + 3)])


def check_slices():
    dtype = np.dtype(rng.choice(list("bBhHiIqQfd") + [">i4", ">f8", "<f2"]))
    shape = tuple(rng.randrange(0, 5) for _ in range(rng.randrange(1, 5)))
    data = random_bytes(int(np.prod(shape)) * dtype.itemsize)
    array = np.frombuffer(data, dtype).reshape(shape)
    steps = []
    for _ in range(rng.randrange(1, 5)):
        axis = rng.randrange(array.ndim) if array.ndim else None
        if axis is None:
            break
        before = (slice(None),) * axis
        if rng.random() < 0.2 and array.shape[axis] > 0:
            index = rng.randrange(-array.shape[axis], array.shape[axis])
            array = array[before + (index, ...)]
            steps.append(f"{axis}:{index}")
        else:
            part = slice(bound(array.shape[axis]), bound(array.shape[axis]), rng.choice([None, 1, 2, 3, -1, -2, -7, 10**18]))
            array = array[before + (part,)]
            steps.append(f"{axis}:{part.start}:{part.stop}:{part.step}")

    def check(answer):
        got = parsed(answer)
        wanted = {"shape": list(array.shape), "list": array.tolist(), "bytes": array.tobytes().hex(),
                  "fortran": array.tobytes("F").hex()}
        for key, value in wanted.items():
            expect(same(got[key], value), wanted, answer)
        if array.size:
            expect([s for s, n in zip(got["strides"], array.shape) if n > 1] ==
                   [s for s, n in zip(array.strides, array.shape) if n > 1], array.strides, answer)
            expect((got["c"], got["f"]) == (array.flags.c_contiguous, array.flags.f_contiguous), array.flags, answer)

    text = memoryview(np.zeros(1, dtype)).format
    ask(check, "view", text, data.hex(), shape_text(shape), ";".join(steps))


def slice_cases():
    for _ in range(1500):
        check_slices()
    data = bytes(range(7))
    bounds = [None, -9, -8, -7, -1, 0, 1, 3, 6, 7, 8]
    for start, stop, step in itertools.product(bounds, bounds, [None, 1, 2, 9, -1, -2, -9]):
        view = memoryview(data)[start:stop:step]
        wanted = (list(view.shape), list(view.strides), view.tolist(), view.c_contiguous, view.f_contiguous)
        ask(lambda answer, wanted=wanted: expect(
            [parsed(answer)[key] for key in ("shape", "strides", "list", "c", "f")] == list(wanted), wanted, answer),
            "view", "B", data.hex(), "*", f"0:{start}:{stop}:{step}")


# Casts: every pair of native codes, several shapes.
def check_cast(source, shape, target, target_shape):
    count = struct.calcsize("@" + source)
    for extent in shape:
        count *= extent
    data = random_bytes(count)
    view = memoryview(data).cast("B")
    if source != "B" or len(shape) != 1:
        if 0 in shape and len(shape) != 1:
            return
        view = view.cast(source, shape) if 0 not in shape else view.cast(source)
    try:
        cast = view.cast(target) if target_shape is None else view.cast(target, target_shape)
        wanted = cast.shape, cast.tolist(), cast.tobytes().hex()
    except (TypeError, ValueError) as error:
        ask(refused_like(error, "!type", "!value"), "cast", source, data.hex(), shape_text(shape),
            target, "*" if target_shape is None else shape_text(target_shape))
        return

    def check(answer):
        got = parsed(answer)
        expect(same((tuple(got["shape"]), got["list"], got["bytes"]), wanted), wanted, answer)

    ask(check, "cast", source, data.hex(), shape_text(shape), target,
        "*" if target_shape is None else shape_text(target_shape))


def cast_cases():
    for source, target in itertools.product(NATIVE + "P", repeat=2):
        for shape in [(8,), (0,), (3,), (2, 4)]:
            check_cast(source, shape, target, None)
    for source, target in itertools.product("BcIh", repeat=2):
        for shape, target_shape in itertools.product([(8,), (1,), (2, 4), (4,), (0,)],
                                                     [[8], [2, 4], [4, 2, 1], [], [0], [2, 2], [1], [-8], [16], [2, 2, 2]]):
            check_cast(source, shape, target, target_shape)


# Equality of memoryviews, across formats.
def equal_cases():
    samples = [0, 1, 97, 127, 128, 255, 1.0, 0.5, -0.0, math.nan, math.inf, True, False, b"a", -1, 2**53 + 1, 2.0**53,
               2**63, 2.0**63, 2**64 - 1, -(2**63)]
    items = []
    for code, value in itertools.product(NATIVE, samples):
        try:
            items.append((code, struct.pack("@" + code, value)))
        except struct.error:
            pass
    pairs = list(itertools.product(items, repeat=2))
    for (a_code, a), (b_code, b) in rng.sample(pairs, 6000):
        wanted = memoryview(a).cast(a_code) == memoryview(b).cast(b_code)
        ask(lambda answer, wanted=wanted: expect(parsed(answer) == wanted, wanted, answer),
            "equal", a_code, a.hex(), "*", b_code, b.hex(), "*")
    data = bytes(range(12))
    for a_shape, b_shape in itertools.product([[12], [3, 4], [4, 3], [1, 12], [3, 2, 2]], repeat=2):
        wanted = memoryview(data).cast("B", a_shape) == memoryview(data).cast("B", b_shape)
        ask(lambda answer, wanted=wanted: expect(parsed(answer) == wanted, wanted, answer),
            "equal", "B", data.hex(), shape_text(a_shape), "B", data.hex(), shape_text(b_shape))
    for a_shape, b_shape in itertools.product([(0, 3), (0, 5), (3, 0), (5, 0), (0,)], repeat=2):
        wanted = memoryview(np.zeros(a_shape, "u1")) == memoryview(np.zeros(b_shape, "u1"))
        ask(lambda answer, wanted=wanted: expect(parsed(answer) == wanted, wanted, answer),
            "equal", "B", "", shape_text(a_shape), "B", "", shape_text(b_shape))


# Assignment of elements: memoryview for native codes, struct for the others.
def value_text(value):
    if isinstance(value, bool):
        return f"?{value}"
    if isinstance(value, int):
        return f"i{value}"
    return f"f{value!r}" if isinstance(value, float) else f"b{value.hex()}"


def reference_set(text, value):
    if text in NATIVE and text != "e":
        memory = bytearray(struct.calcsize(text))
        memoryview(memory).cast(text)[0] = value
        return memory.hex()
    return struct.pack(text, value).hex()


def set_cases():
    values = [0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, 65535, 65536, 2**31 - 1, 2**31, -2**31 - 1, 2**32,
              2**63 - 1, 2**63, -2**63, 2**64 - 1, 0.5, -1.5, 1e300, 1e-300, math.inf, math.nan, 65504.0, 65519.99, 65520.0,
              2.0**-24, 2.0**-25, 6e-8, 0.1, True, False, b"", b"a", b"ab", b"abcdef"]
    formats = list(NATIVE) + [mark + code for mark in "<>" for code in "hHiIqQefd"] + ["3s", "1s", "4p", "1p"]
    for text, value in itertools.product(formats, values):
        if text == "?" and isinstance(value, bytes):
            continue  # Python takes the truth of anything, the view room of numbers
        try:
            wanted = reference_set(text, value)
        except (TypeError, ValueError, struct.error, OverflowError) as error:
            if text[-1] == "f" and isinstance(error, OverflowError):
                continue  # struct refuses what memoryview makes infinite
            ask(refused_like(error), "set", text, value_text(value))
            continue
        ask(lambda answer, wanted=wanted: expect(parsed(answer) == wanted, wanted, answer), "set", text, value_text(value))


def half_cases():
    every = b"".join(struct.pack("<H", bits) for bits in range(65536))
    wanted = [value for (value,) in struct.iter_unpack("<e", every)]
    ask(lambda answer: expect(same(parsed(answer)["list"], wanted), "every half", "another value"), "view", "<e",
        every.hex(), "*")
    for _ in range(3000):
        value = math.ldexp(rng.uniform(-2, 2), rng.randrange(-27, 15))
        wanted_bytes = struct.pack("<e", value).hex()
        ask(lambda answer, wanted=wanted_bytes: expect(parsed(answer) == wanted, wanted, answer), "set", "<e",
            value_text(value))


def main(program):
    for generate in (struct_cases, numpy_cases, slice_cases, cast_cases, equal_cases, set_cases, half_cases):
        generate()
    lines = "".join(line + "\n" for line, _ in cases)
    done = subprocess.run([program], input=lines.encode(), stdout=subprocess.PIPE, timeout=100, check=True)
    answers = done.stdout.decode().splitlines()
    if len(answers) != len(cases):
        sys.exit(f"{len(cases)} cases were sent, {len(answers)} answers came back")
    wrong = 0
    for (line, check), answer in zip(cases, answers):
        try:
            check(answer)
        except Exception as error:  # whatever an answer does to a check is a wrong answer
            wrong += 1
            if wrong <= 20:
                print(f"{line[:300]}\n  {type(error).__name__}: {str(error)[:600]}\n  answer {answer[:200]}")
    print(f"{len(cases)} cases, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
