using System.Buffers.Binary;
using System.Text;

namespace HafsModels.Formats.PyTorch;

/// <summary>
/// A stack machine for the part of the pickle language that torch.save uses. It builds plain values and never executes anything: a global
/// outside <see cref="TorchGlobals"/> or an opcode outside the table ends the reading. Source: CPython's pickletools.
/// </summary>
internal ref struct PickleMachine
{
    // A byte of pickle can cost 50 bytes of memory (an empty list, a memo); these caps keep the worst file below a gigabyte. A state dict
    // needs some 40 steps and 8 memos a tensor.
    private const int MaxStack = 1 << 20, MaxMemo = 1 << 22, MaxSteps = 1 << 23;

    private static readonly object Mark = new();

    private readonly ReadOnlySpan<byte> code;
    private readonly string path;
    private readonly List<object?> stack = [];
    private readonly Dictionary<long, object?> memo = [];
    private int position;

    private PickleMachine(ReadOnlySpan<byte> code, string path)
    {
        this.code = code;
        this.path = path;
    }

    /// <summary>Runs a pickle and gives the one value it leaves.</summary>
    /// <exception cref="HafsException">The pickle is damaged or asks for anything but the values of a state dict.</exception>
    public static object? Load(ReadOnlySpan<byte> code, string path) => new PickleMachine(code, path).Run();

    private object? Run()
    {
        for (int steps = 0; ; steps++)
        {
            int at = position;
            byte opcode = Take(1)[0];
            if (opcode == '.')
                return Pop();
            Step(opcode, at);
            if (stack.Count > MaxStack || memo.Count > MaxMemo || steps == MaxSteps)
                throw Invalid("PickleTooLarge", at, $"more than {MaxStack:N0} values on the stack, {MaxMemo:N0} memos or {MaxSteps:N0} steps");
        }
    }

    private void Step(byte opcode, int at)
    {
        switch (opcode)
        {
            case 0x80: // PROTO
                byte protocol = Take(1)[0];
                if (protocol is < 2 or > 5)
                    throw Invalid("PickleProtocol", at, $"pickle protocol {protocol}; 2 to 5 are read");
                break;
            case 0x95: Take(8); break; // FRAME: only a hint for buffering
            case (byte)'(': stack.Add(Mark); break;
            case (byte)'0': Pop(); break;
            case (byte)'N': stack.Add(null); break;
            case 0x88: stack.Add(true); break;
            case 0x89: stack.Add(false); break;
            case (byte)'K': stack.Add((long)Take(1)[0]); break;
            case (byte)'M': stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case (byte)'J': stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case 0x8a: stack.Add(Long(Take(Take(1)[0]), at)); break;
            case (byte)'G': stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case (byte)'X': stack.Add(Text(Take(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))), at)); break;
            case 0x8c: stack.Add(Text(Take(Take(1)[0]), at)); break;
            case 0x8d: stack.Add(Text(Take(BinaryPrimitives.ReadUInt64LittleEndian(Take(8))), at)); break;
            case (byte)')': stack.Add(Array.Empty<object?>()); break;
            case 0x85: stack.Add(PopItems(1)); break;
            case 0x86: stack.Add(PopItems(2)); break;
            case 0x87: stack.Add(PopItems(3)); break;
            case (byte)'t': stack.Add(PopToMark(at)); break;
            case (byte)']': stack.Add(new List<object?>()); break;
            case (byte)'a': Append([Pop()], at); break;
            case (byte)'e': Append(PopToMark(at), at); break;
            case (byte)'}': stack.Add(new PickleDict()); break;
            case (byte)'s': SetItems(PopItems(2), at); break;
            case (byte)'u': SetItems(PopToMark(at), at); break;
            case (byte)'q': memo[Take(1)[0]] = Peek(); break;
            case (byte)'r': memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Peek(); break;
            case 0x94: memo[memo.Count] = Peek(); break;
            case (byte)'h': stack.Add(Recall(Take(1)[0], at)); break;
            case (byte)'j': stack.Add(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)), at)); break;
            case (byte)'c': stack.Add(Global(Line(at), Line(at), at)); break;
            case 0x93: // STACK_GLOBAL
                object?[] names = PopItems(2);
                stack.Add(names is [string module, string name] ? Global(module, name, at) : throw Invalid("PickleOpcode", at, "STACK_GLOBAL needs two strings"));
                break;
            case (byte)'Q': stack.Add(Storage(Pop(), at)); break;
            case (byte)'R': Reduce(at); break;
            case (byte)'b': Build(at); break;
            default:
                throw new HafsException(
                    ErrorKind.Unsupported,
                    "PickleOpcode",
                    $"{path}: pickle byte {at:N0}: opcode 0x{opcode:x2} does not occur in the pickle of a state dict",
                    path,
                    "Save only the state dict: torch.save(model.state_dict(), path), or save as safetensors.");
        }
    }

    private PickleGlobal Global(string module, string name, int at)
    {
        var global = new PickleGlobal(module, name);
        if (TorchGlobals.IsAllowed(global))
            return global;
        throw new HafsException(
            ErrorKind.Unsupported,
            "PickleGlobal",
            $"{path}: pickle byte {at:N0}: the file refers to {module}.{name}, which is not on the list of what a state dict needs; nothing was executed",
            path,
            "Save only the state dict: torch.save(model.state_dict(), path), or save as safetensors. If you do not know where the file comes from, delete it.");
    }

    private TorchStorage Storage(object? id, int at)
    {
        if (id is object?[] and ["storage", PickleGlobal type, string key, string, long count and >= 0, ..])
            return new TorchStorage(key, TorchGlobals.ElementTypeOf(type), count);
        throw Invalid("PickleStorage", at, "a persistent id is not ('storage', type, key, location, count)");
    }

    private void Reduce(int at)
    {
        object?[] call = PopItems(2);
        if (call is not [PickleGlobal global, object?[] arguments])
            throw Invalid("PickleReduce", at, "REDUCE needs a global and a tuple");
        stack.Add(TorchGlobals.Call(global, arguments) ?? throw Invalid("PickleReduce", at, $"{global} is called with arguments that torch does not pass"));
    }

    // torch hangs version numbers (_metadata) on the state dict as attributes; they say nothing about the weights.
    private void Build(int at)
    {
        Pop();
        if (Peek() is not PickleDict)
            throw Invalid("PickleBuild", at, "attributes are set on something that is not a dict");
    }

    private void Append(object?[] items, int at)
    {
        if (Peek() is not List<object?> list)
            throw Invalid("PickleAppend", at, "items are appended to something that is not a list");
        list.AddRange(items);
    }

    private void SetItems(object?[] items, int at)
    {
        if (Peek() is not PickleDict dict || items.Length % 2 != 0)
            throw Invalid("PickleSetItems", at, "items are set on something that is not a dict, or a value is missing");
        for (int i = 0; i < items.Length; i += 2)
            dict.Items.Add(new(items[i], items[i + 1]));
    }

    private readonly object? Recall(long index, int at) =>
        memo.TryGetValue(index, out object? value) ? value : throw Invalid("PickleMemo", at, $"memo {index} was never set");

    private readonly object? Peek() =>
        stack.Count > 0 && stack[^1] != Mark ? stack[^1] : throw Invalid("PickleStack", position, "the stack is empty");

    private readonly object? Pop()
    {
        object? value = Peek();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private readonly object?[] PopItems(int count)
    {
        object?[] items = new object?[count];
        for (int i = count - 1; i >= 0; i--)
            items[i] = Pop();
        return items;
    }

    private readonly object?[] PopToMark(int at)
    {
        int mark = stack.LastIndexOf(Mark);
        if (mark < 0)
            throw Invalid("PickleStack", at, "there is no mark on the stack");
        object?[] items = [.. stack.Skip(mark + 1)];
        stack.RemoveRange(mark, stack.Count - mark);
        return items;
    }

    private readonly long Long(ReadOnlySpan<byte> bytes, int at)
    {
        if (bytes.Length > 8)
            throw Invalid("PickleNumber", at, $"an integer of {bytes.Length} bytes; at most 8 are allowed");
        long value = bytes.Length > 0 && (bytes[^1] & 0x80) != 0 ? -1 : 0;
        for (int i = bytes.Length - 1; i >= 0; i--)
            value = (value << 8) | bytes[i];
        return value;
    }

    private readonly string Text(ReadOnlySpan<byte> bytes, int at)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new HafsException(ErrorKind.InvalidData, "PickleText", $"{path}: pickle byte {at:N0}: a string is not UTF-8", path, inner: exception);
        }
    }

    private string Line(int at)
    {
        int length = code[position..].IndexOf((byte)'\n');
        if (length < 0)
            throw Invalid("PickleTruncated", at, "a global's name has no end");
        string line = Text(Take(length), at);
        Take(1);
        return line;
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(code.Length - position))
            throw Invalid("PickleTruncated", position, $"{count:N0} bytes are needed, but the pickle has {code.Length - position:N0} left");
        ReadOnlySpan<byte> taken = code.Slice(position, (int)count);
        position += (int)count;
        return taken;
    }

    private ReadOnlySpan<byte> Take(int count) => Take((ulong)count);

    private readonly HafsException Invalid(string id, int at, string message) => new(ErrorKind.InvalidData, id, $"{path}: pickle byte {at:N0}: {message}", path);
}
