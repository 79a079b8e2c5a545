using HafsModels.Tensors;

namespace HafsModels.Formats.Gguf;

/// <summary>What a GGUF file says about one tensor.</summary>
/// <param name="Name">Name, such as <c>blk.0.attn_q.weight</c>.</param>
/// <param name="Type">How the rows are stored; may be a number that this version does not know, and then rows cannot be read.</param>
/// <param name="Shape">Dimensions, outermost first (the file writes them innermost first).</param>
/// <param name="Offset">Where the data begins, bytes from the start of the file.</param>
/// <param name="ByteSize">Bytes of data, without padding; of an unknown type, the bytes up to the next tensor.</param>
public sealed record GgufTensor(string Name, GgmlType Type, Shape Shape, long Offset, long ByteSize);
