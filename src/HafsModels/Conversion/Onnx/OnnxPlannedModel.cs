namespace HafsModels.Conversion.Onnx;

/// <summary>One model of an ONNX export.</summary>
/// <param name="DataType">Its type, such as <c>q4</c>.</param>
/// <param name="Path">Full path of the graph.</param>
/// <param name="Bytes">Bytes of graph and external data.</param>
/// <param name="ChunkCount">Files of external data.</param>
/// <param name="BitsPerWeight">Bits of external data for each parameter.</param>
public sealed record OnnxPlannedModel(string DataType, string Path, long Bytes, int ChunkCount, double BitsPerWeight);
