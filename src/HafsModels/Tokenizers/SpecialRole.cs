namespace HafsModels.Tokenizers;

/// <summary>A part a token can play, with its name in Hugging Face configurations and its key in GGUF.</summary>
/// <param name="Name">Name in configurations, such as <c>bos</c> in <c>bos_token</c>.</param>
/// <param name="Key">Key of its id in GGUF metadata (<c>seperator</c> is spelled as the files spell it).</param>
public sealed record SpecialRole(string Name, string Key)
{
    /// <summary>Begin of sequence.</summary>
    public static SpecialRole Bos { get; } = new("bos", "tokenizer.ggml.bos_token_id");

    /// <summary>End of sequence.</summary>
    public static SpecialRole Eos { get; } = new("eos", "tokenizer.ggml.eos_token_id");

    /// <summary>Unknown text.</summary>
    public static SpecialRole Unk { get; } = new("unk", "tokenizer.ggml.unknown_token_id");

    /// <summary>Separator.</summary>
    public static SpecialRole Sep { get; } = new("sep", "tokenizer.ggml.seperator_token_id");

    /// <summary>Padding.</summary>
    public static SpecialRole Pad { get; } = new("pad", "tokenizer.ggml.padding_token_id");

    /// <summary>Class token of encoders.</summary>
    public static SpecialRole Cls { get; } = new("cls", "tokenizer.ggml.cls_token_id");

    /// <summary>Mask of encoders.</summary>
    public static SpecialRole Mask { get; } = new("mask", "tokenizer.ggml.mask_token_id");

    /// <summary>End of turn.</summary>
    public static SpecialRole Eot { get; } = new("eot", "tokenizer.ggml.eot_token_id");

    /// <summary>End of message.</summary>
    public static SpecialRole Eom { get; } = new("eom", "tokenizer.ggml.eom_token_id");

    /// <summary>The roles every conversion looks for, in the order in which they are looked up.</summary>
    internal static IReadOnlyList<SpecialRole> Basic { get; } = [Bos, Eos, Unk, Sep, Pad, Cls, Mask];

    /// <summary>All roles.</summary>
    internal static IReadOnlyList<SpecialRole> All { get; } = [.. Basic, Eot, Eom];
}
