using HafsModels.Tensors;

namespace HafsModels.Formats.PyTorch;

/// <summary>A name a pickle refers to; never resolved, only compared with the allow-list.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>A dict, in insertion order.</summary>
internal sealed class PickleDict
{
    public List<KeyValuePair<object?, object?>> Items { get; } = [];
}

/// <summary>A storage: an entry of the archive, and the type of its elements (null for an untyped one).</summary>
internal sealed record TorchStorage(string Key, ElementType? Type, long ElementCount);

/// <summary>A tensor: a view into a storage. Offset and strides count elements.</summary>
internal sealed record TorchTensor(TorchStorage Storage, ElementType Type, long Offset, Shape Shape, long[] Strides);
