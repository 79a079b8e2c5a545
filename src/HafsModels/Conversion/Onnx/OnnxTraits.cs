using HafsModels.Architectures;

namespace HafsModels.Conversion.Onnx;

/// <summary>What the operators of ONNX Runtime cannot do, in every backend or in some; said before anything is written.</summary>
internal static class OnnxTraits
{
    // A module of WebAssembly addresses 32 bits, and the model is not alone there; much below, loading begins to fail on phones.
    private const long WasmBytes = 4L << 30, LargeBytes = 2L << 30;

    private static readonly (Func<DecoderConfig, bool> Has, string What)[] Impossible =
    [
        (c => c.ExpertCount > 0, "experts"),
        (c => c.KeyValueRank > 0, "latent attention"),
        (c => c.ValueWidth != c.HeadDimension, "values of another width than keys"),
        (c => c.RopeDimension % 16 != 0, "a rotated part that is no multiple of 16"),
        (c => c.Activation is not (ActivationKind.Silu or ActivationKind.Gelu or ActivationKind.GeluTanh), "its activation"),
    ];

    // Without a backend, it is a warning for all.
    private static readonly (OnnxBackend? Backend, Func<DecoderConfig, OnnxExportOptions, OnnxDataType, long, bool> Has, string What)[] Limits =
    [
        (OnnxBackend.WebGpu, (c, _, _, _) => c.AttentionSoftcap > 0, "attention has a softcap, which WebGPU passes over, so that answers are wrong; WASM and native processors compute it"),
        (OnnxBackend.WebGpu, (_, _, t, _) => t.Matrices == MatrixForm.NormalFloats, "bnb4 is not computed on WebGPU; q4 is"),
        (OnnxBackend.WebGpu, (_, _, t, _) => t.Matrices is MatrixForm.SignedIntegers or MatrixForm.UnsignedIntegers, "8-bit integers are not computed on WebGPU; q4 and fp16 are"),
        (OnnxBackend.Wasm, (_, _, _, bytes) => bytes > WasmBytes, "the model has more than 4 GiB, which WebAssembly cannot address; choose a smaller type, or run it natively"),
        (null, (_, _, _, bytes) => bytes is > LargeBytes and <= WasmBytes, "the model has more than 2 GiB: browsers on small machines may not load it"),
        (null, (c, _, _, _) => c.SlidingWindow > 0 && c.SlidingWindow < c.ContextLength, "Transformers.js 3 computes sliding windows wrongly on WebGPU, and one position short on WASM; version 4 is right"),
        (null, (c, _, _, _) => c.RopeDimension > 0 && c.RopeDimension < c.HeadDimension, "Transformers.js 3 computes partial rotation wrongly on WebGPU; version 4 is right"),
        (null, (_, o, t, _) => o.BlockSize > 32 && t.Matrices == MatrixForm.Blocks, "Transformers.js 3 computes blocks of more than 32 elements wrongly on WebGPU; version 4 is right"),
    ];

    /// <summary>Checks that a graph can be built.</summary>
    /// <exception cref="HafsException">It cannot.</exception>
    public static void Check(ModelFolder folder)
    {
        string[] found = [.. Impossible.Where(i => i.Has(folder.Decoder)).Select(i => i.What)];
        if (found.Length == 0)
            return;
        throw new HafsException(
            ErrorKind.Unsupported,
            "OnnxUnsupported",
            $"{folder.Path}: no ONNX graph is built for models of family {folder.Family.Name} with {string.Join(" and ", found)}",
            folder.Path,
            "ConvertTo-Gguf converts every family that docs/families.md lists.");
    }

    /// <summary>What does not run everywhere.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="options">How weights are stored.</param>
    /// <param name="type">The type.</param>
    /// <param name="bytes">Size of the model in it.</param>
    /// <param name="backends">Where it must run.</param>
    /// <exception cref="HafsException">It does not run where it must.</exception>
    public static IEnumerable<string> Warnings(ModelFolder folder, OnnxExportOptions options, OnnxDataType type, long bytes, IReadOnlyList<OnnxBackend> backends)
    {
        foreach ((OnnxBackend? backend, _, string what) in Limits.Where(l => l.Has(folder.Decoder, options, type, bytes)))
        {
            if (backend is { } named && backends.Contains(named))
                throw new HafsException(ErrorKind.Unsupported, "OnnxBackendLimit", $"{folder.Path} as {type.Name} does not run on {named}: {what}", folder.Path);
            if (backend is null || backends.Count == 0)
                yield return $"{type.Name}: {what}";
        }
    }
}
