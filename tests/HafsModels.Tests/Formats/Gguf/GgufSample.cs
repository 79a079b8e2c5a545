using HafsModels.Formats.Gguf;
using HafsModels.Tensors;

namespace HafsModels.Tests.Formats.Gguf;

/// <summary>A GGUF file with metadata of every type and tensors of several, written through <see cref="GgufHeader"/>.</summary>
internal sealed class GgufSample : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hafs-gguf-").FullName;

    public GgufSample()
        : this(AllTypes, [("token_embd.weight", GgmlType.F32, new Shape(3, 8)), ("blk.0.attn_q.weight", GgmlType.Q8_0, new Shape(2, 3, 64)), ("output_norm.weight", GgmlType.F16, new Shape(5)), ("output.weight", GgmlType.Q4_K, new Shape(2, 256))])
    {
    }

    public GgufSample(IReadOnlyList<KeyValuePair<string, GgufValue>> metadata, IReadOnlyList<(string Name, GgmlType Type, Shape Shape)> tensors)
    {
        (Header, byte[] bytes, long length) = GgufHeader.Build(metadata, tensors);
        using FileStream file = File.Create(Path);
        file.Write(bytes);
        file.SetLength(length);
    }

    /// <summary>One value of every type, scalar and in a list, at the ends of its range.</summary>
    public static IReadOnlyList<KeyValuePair<string, GgufValue>> AllTypes { get; } =
    [
        Value("general.architecture", "llama"),
        Value("x.u8", byte.MaxValue), Value("x.i8", sbyte.MinValue),
        Value("x.u16", ushort.MaxValue), Value("x.i16", short.MinValue),
        Value("x.u32", uint.MaxValue), Value("x.i32", int.MinValue),
        Value("x.u64", ulong.MaxValue), Value("x.i64", long.MinValue),
        Value("x.f32", 0.1f), Value("x.f64", double.Epsilon),
        Value("x.true", true), Value("x.false", false),
        Value("x.text", "Gênesis \"1\":\n\u0001 \U0001F4D6"), Value("x.empty", ""),
        Value("x.u8s", new byte[] { 0, 255 }), Value("x.i8s", new sbyte[] { -128, 127 }),
        Value("x.u16s", new ushort[] { 0, 65535 }), Value("x.i16s", new short[] { -32768, 32767 }),
        Value("x.u32s", new uint[] { 0, uint.MaxValue }), Value("x.i32s", new[] { int.MinValue, int.MaxValue }),
        Value("x.u64s", new ulong[] { 0, ulong.MaxValue }), Value("x.i64s", new[] { long.MinValue, long.MaxValue }),
        Value("x.f32s", new[] { -0f, 1e-45f, float.MaxValue }), Value("x.f64s", new[] { -1.5, double.MaxValue }),
        Value("x.bools", new[] { true, false }), Value("x.texts", new[] { "", "ĠIn", "beginning" }), Value("x.none", Array.Empty<string>()),
    ];

    public GgufHeader Header { get; }

    public string Path => System.IO.Path.Combine(folder, "sample.gguf");

    public static KeyValuePair<string, GgufValue> Value(string key, object value) => new(key, new GgufValue(value));

    public void Dispose() => Directory.Delete(folder, true);
}
