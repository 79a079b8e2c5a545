using System.Runtime.InteropServices;
using HafsModels.Quantization;
using HafsModels.Quantization.Lanes;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Quantization;

/// <summary>Every byte against the real libggml.</summary>
public class BlockFormatPeerTests
{
    private const int RowLength = 1280, Rows = 3;

    public static TheoryData<GgmlType, string> Cases()
    {
        TheoryData<GgmlType, string> cases = [];
        foreach (BlockFormat format in BlockFormats.All)
        {
            foreach (Distribution distribution in Distribution.All)
                cases.Add(format.Type, distribution.Name);
        }

        return cases;
    }

    public static TheoryData<GgmlType> Types() => [.. BlockFormats.All.Select(f => f.Type)];

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Encodes_the_bytes_ggml_encodes_at_every_width_with_and_without_importance(GgmlType type, string distribution)
    {
        Ggml ggml = new(Peers.Ggml);
        BlockFormat format = BlockFormats.Get(type);
        float[] rows = Distribution.All.Single(d => d.Name == distribution).Make(RowLength * Rows);
        byte[] expected = new byte[Rows * type.RowBytes(RowLength)], actual = new byte[expected.Length];
        foreach (float[] importance in format.NeedsImportance ? [Distribution.MakeImportance(RowLength)] : (float[][])[[], Distribution.MakeImportance(RowLength)])
        {
            if (!Blocks.CanEncode(format, rows, RowLength, importance))
                continue;
            ggml.Quantize(type, rows, RowLength, importance, expected);
            foreach (LaneWidth width in LaneWidths.Supported)
            {
                Array.Fill(actual, (byte)0x55);
                format.Encode(width, rows, RowLength, importance, actual);
                Blocks.AssertEqual(format, expected, actual, $"{distribution}, width {width}, {(importance.Length == 0 ? "no importance" : "importance")}");
            }
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Decodes_to_the_floats_ggml_decodes(GgmlType type, string distribution)
    {
        Ggml ggml = new(Peers.Ggml);
        BlockFormat format = BlockFormats.Get(type);
        float[] rows = Distribution.All.Single(d => d.Name == distribution).Make(RowLength * Rows);
        byte[] blocks = new byte[Rows * type.RowBytes(RowLength)];
        if (!Blocks.CanEncode(format, rows, RowLength, Distribution.MakeImportance(RowLength)))
            rows = Distribution.All[0].Make(rows.Length);
        ggml.Quantize(type, rows, RowLength, Distribution.MakeImportance(RowLength), blocks);
        float[] expected = new float[rows.Length], actual = new float[rows.Length];
        ggml.Dequantize(type, blocks, expected);
        format.Decode(blocks, actual);
        Assert.Equal(MemoryMarshal.Cast<float, uint>(expected).ToArray(), MemoryMarshal.Cast<float, uint>(actual).ToArray());
    }

    [SkippableTheory]
    [MemberData(nameof(Types))]
    public void Decodes_arbitrary_bytes_as_ggml_does(GgmlType type)
    {
        Ggml ggml = new(Peers.Ggml);
        BlockFormat format = BlockFormats.Get(type);
        Numbers numbers = new(3);
        byte[] blocks = new byte[64 * format.BlockBytes];
        for (int i = 0; i < blocks.Length; i++)
            blocks[i] = (byte)(numbers.Uniform() * 256);
        float[] expected = new float[64 * format.BlockElements], actual = new float[expected.Length];
        ggml.Dequantize(type, blocks, expected);
        format.Decode(blocks, actual);
        Assert.Equal(MemoryMarshal.Cast<float, uint>(expected).ToArray(), MemoryMarshal.Cast<float, uint>(actual).ToArray());
    }
}
