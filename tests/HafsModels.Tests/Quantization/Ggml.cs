using System.Runtime.InteropServices;
using HafsModels.Tensors;

namespace HafsModels.Tests.Quantization;

/// <summary>The real libggml-base: the reference for every byte.</summary>
public sealed unsafe class Ggml
{
    private readonly nint library;
    private readonly delegate* unmanaged<int, float*, void*, long, long, long, float*, nuint> quantizeChunk;

    /// <summary>Loads the library; it stays loaded.</summary>
    public Ggml(string path)
    {
        library = NativeLibrary.Load(path);
        quantizeChunk = (delegate* unmanaged<int, float*, void*, long, long, long, float*, nuint>)NativeLibrary.GetExport(library, "ggml_quantize_chunk");
    }

    /// <summary>Encodes rows with <c>ggml_quantize_chunk</c>.</summary>
    public void Quantize(GgmlType type, ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        fixed (float* source = rows, weights = importance)
        fixed (byte* target = destination)
        {
            nuint written = quantizeChunk((int)type, source, target, 0, rows.Length / rowLength, rowLength, importance.IsEmpty ? null : weights);
            if ((int)written != destination.Length)
                throw new InvalidOperationException($"ggml_quantize_chunk wrote {written} bytes of {type}, not {destination.Length}");
        }
    }

    /// <summary>Decodes with <c>dequantize_row_*</c>.</summary>
    public void Dequantize(GgmlType type, ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        if (type == GgmlType.F32)
        {
            blocks.CopyTo(MemoryMarshal.AsBytes(destination));
            return;
        }

        string name = type switch
        {
            GgmlType.F16 => "ggml_fp16_to_fp32_row",
            GgmlType.BF16 => "ggml_bf16_to_fp32_row",
            _ when type.ToString().StartsWith('Q') => $"dequantize_row_q{type.ToString()[1..]}",
            _ => "dequantize_row_" + type.ToString().ToLowerInvariant(),
        };
        var dequantize = (delegate* unmanaged<byte*, float*, long, void>)NativeLibrary.GetExport(library, name);
        fixed (byte* source = blocks)
        fixed (float* target = destination)
            dequantize(source, target, destination.Length);
    }
}
