namespace HafsModels.Tokenizers;

/// <summary>What a token is for. The numbers are those of <c>tokenizer.ggml.token_type</c> and of SentencePiece.</summary>
public enum TokenType
{
    /// <summary>Not stated.</summary>
    Undefined = 0,

    /// <summary>A piece of text.</summary>
    Normal = 1,

    /// <summary>Stands for text that no piece covers.</summary>
    Unknown = 2,

    /// <summary>Steers the model and is never shown: begin, end, role marks.</summary>
    Control = 3,

    /// <summary>Added text that is matched whole before anything is split.</summary>
    UserDefined = 4,

    /// <summary>Fills the vocabulary up to the embedding's rows.</summary>
    Unused = 5,

    /// <summary>One byte, spelled <c>&lt;0xNN&gt;</c>.</summary>
    Byte = 6,
}
