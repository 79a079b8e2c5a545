using HafsModels.Tensors;

namespace HafsModels.Formats.PyTorch;

/// <summary>
/// The allow-list: every global that the pickle of a state dict needs, and what calling it means here. Nothing is imported or run; a global
/// that is not in this table ends the reading.
/// </summary>
internal static class TorchGlobals
{
    private static readonly Dictionary<string, ElementType> TypeNames = new(StringComparer.Ordinal)
    {
        ["torch.DoubleStorage"] = ElementType.F64,
        ["torch.FloatStorage"] = ElementType.F32,
        ["torch.HalfStorage"] = ElementType.F16,
        ["torch.BFloat16Storage"] = ElementType.BF16,
        ["torch.LongStorage"] = ElementType.I64,
        ["torch.IntStorage"] = ElementType.I32,
        ["torch.ShortStorage"] = ElementType.I16,
        ["torch.CharStorage"] = ElementType.I8,
        ["torch.ByteStorage"] = ElementType.U8,
        ["torch.BoolStorage"] = ElementType.Bool,
        ["torch.float64"] = ElementType.F64,
        ["torch.float32"] = ElementType.F32,
        ["torch.float16"] = ElementType.F16,
        ["torch.bfloat16"] = ElementType.BF16,
        ["torch.float8_e4m3fn"] = ElementType.F8_E4M3,
        ["torch.float8_e5m2"] = ElementType.F8_E5M2,
        ["torch.uint64"] = ElementType.U64,
        ["torch.uint32"] = ElementType.U32,
        ["torch.uint16"] = ElementType.U16,
        ["torch.int64"] = ElementType.I64,
        ["torch.int32"] = ElementType.I32,
        ["torch.int16"] = ElementType.I16,
        ["torch.int8"] = ElementType.I8,
        ["torch.uint8"] = ElementType.U8,
        ["torch.bool"] = ElementType.Bool,
    };

    private static readonly Dictionary<string, Func<object?[], object?>> Calls = new(StringComparer.Ordinal)
    {
        ["collections.OrderedDict"] = arguments => arguments.Length == 0 ? new PickleDict() : null,
        ["torch.Size"] = arguments => arguments is [object?[] sizes] ? sizes : null,
        ["torch._utils._rebuild_parameter"] = arguments => arguments is [TorchTensor tensor, ..] ? tensor : null,
        ["torch._utils._rebuild_tensor"] = arguments => arguments.Length >= 4 ? Rebuild(arguments, (arguments[0] as TorchStorage)?.Type) : null,
        ["torch._utils._rebuild_tensor_v2"] = arguments => arguments.Length >= 4 ? Rebuild(arguments, (arguments[0] as TorchStorage)?.Type) : null,
        ["torch._utils._rebuild_tensor_v3"] = arguments => arguments.Length >= 7 && arguments[6] is PickleGlobal dtype ? Rebuild(arguments, ElementTypeOf(dtype)) : null,
    };

    /// <summary>Globals that are named but never called.</summary>
    private static readonly HashSet<string> Names = new(StringComparer.Ordinal) { "torch.storage.UntypedStorage", "torch.nn.parameter.Parameter" };

    /// <summary>Whether a pickle may mention the global.</summary>
    public static bool IsAllowed(PickleGlobal global) => TypeNames.ContainsKey(global.ToString()) || Calls.ContainsKey(global.ToString()) || Names.Contains(global.ToString());

    /// <summary>The element type that a storage class or dtype stands for; null for untyped storage.</summary>
    public static ElementType? ElementTypeOf(PickleGlobal global) => TypeNames.TryGetValue(global.ToString(), out ElementType type) ? type : null;

    /// <summary>What calling the global gives; null when the arguments are not what torch passes.</summary>
    public static object? Call(PickleGlobal global, object?[] arguments) => Calls.TryGetValue(global.ToString(), out Func<object?[], object?>? call) ? call(arguments) : null;

    private static TorchTensor? Rebuild(object?[] arguments, ElementType? type)
    {
        if (type is null || arguments is not [TorchStorage storage, long offset and >= 0, object?[] sizes, object?[] strides, ..]
            || sizes.Length != strides.Length || sizes.Length > 16
            || !Array.TrueForAll(sizes, s => s is long and >= 0) || !Array.TrueForAll(strides, s => s is long and >= 0))
        {
            return null;
        }

        long[] dimensions = Array.ConvertAll(sizes, s => (long)s!);
        try
        {
            return new TorchTensor(storage, type.Value, offset, new Shape(dimensions), Array.ConvertAll(strides, s => (long)s!));
        }
        catch (OverflowException)
        {
            return null;
        }
    }
}
