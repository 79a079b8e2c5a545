using System.Globalization;
using Google.Protobuf;
using HafsModels.Architectures;
using HafsModels.Formats.Onnx;

namespace HafsModels.Conversion.Onnx;

/// <summary>Plans the files of one ONNX model: a graph, and its weights as external data. A pure function of headers; no weight is read.</summary>
internal static class OnnxExport
{
    // Vector loads of every backend, and views into a mapped file.
    private const int Alignment = 64;
    private const int MaxChunks = 100;

    /// <summary>Plans the files.</summary>
    /// <param name="folder">The open model.</param>
    /// <param name="type">Its type.</param>
    /// <param name="options">How weights are stored.</param>
    /// <param name="fileName">Name of the graph; external data is called after it.</param>
    /// <param name="activity">What is being made, for progress.</param>
    /// <param name="range">Notes weights that half precision does not hold.</param>
    /// <returns>File names and plans: the graph, then the chunks.</returns>
    /// <exception cref="HafsException">The model cannot be exported so.</exception>
    public static IReadOnlyList<(string Name, ExportPlan Plan)> Plan(ModelFolder folder, OnnxDataType type, OnnxExportOptions options, string fileName, string activity, HalfRange range)
    {
        OnnxGraph graph = DecoderGraph.Build(folder, type, options, range);
        List<(string Name, ExportPlan Plan)> chunks = Chunks(graph.Weights, fileName + "_data", activity, options.MaxChunkBytes);
        if (chunks.Count > MaxChunks)
        {
            throw new HafsException(
                ErrorKind.Unsupported, "OnnxTooManyChunks", $"{folder.Path}: {chunks.Count} files of external data would be needed; Transformers.js reads at most {MaxChunks}", folder.Path, "Allow larger chunks, or choose a smaller type.");
        }

        byte[] model = graph.ToModel([new("family", folder.Family.Name), new("data_type", type.Name)]).ToByteArray();
        return [(fileName, new ExportPlan(activity, model, [], model.Length)), .. chunks];
    }

    private static List<(string Name, ExportPlan Plan)> Chunks(IReadOnlyList<OnnxWeight> weights, string name, string activity, long maxBytes)
    {
        var chunks = new List<(string Name, ExportPlan Plan)>();
        var tensors = new List<PlannedTensor>();
        long filled = 0;
        void Close()
        {
            if (tensors.Count > 0)
                chunks.Add((ChunkName(name, chunks.Count), new ExportPlan(activity, ReadOnlyMemory<byte>.Empty, [.. tensors], filled) { Alignment = Alignment }));
            tensors.Clear();
            filled = 0;
        }

        foreach (OnnxWeight weight in weights)
        {
            long needed = weight.Parts.Sum(p => Aligned(OnnxWeight.BytesOf(p)));
            if (filled > 0 && filled + needed > maxBytes)
                Close();
            long first = filled;
            var offsets = new List<long>();
            foreach (TensorProto part in weight.Parts)
            {
                long bytes = OnnxWeight.BytesOf(part);
                Place(part, ChunkName(name, chunks.Count), filled, bytes);
                offsets.Add(filled);
                filled = Aligned(filled + bytes);
            }

            tensors.Add(new PlannedTensor(weight.Name, weight.Type, first, filled - first, weight.Rows) { Layout = weight.Layout?.Invoke(offsets) });
        }

        Close();
        return chunks;
    }

    private static void Place(TensorProto part, string file, long offset, long bytes)
    {
        string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
        part.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = file });
        part.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = Number(offset) });
        part.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = Number(bytes) });
    }

    private static string ChunkName(string name, int index) => index == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}_{index}");

    private static long Aligned(long position) => (position + Alignment - 1) / Alignment * Alignment;
}
