namespace HafsModels.Exports.Ollama.GoTemplates;

/// <summary>A word of an action.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">How it is written; the value of a text literal.</param>
/// <param name="Line">Where it stands.</param>
/// <param name="SpaceBefore">Whether white space stands before it.</param>
internal readonly record struct GoToken(GoTokenKind Kind, string Text, int Line, bool SpaceBefore);

/// <summary>What a word of an action is.</summary>
internal enum GoTokenKind
{
    /// <summary>Template text outside of actions.</summary>
    Template,

    /// <summary>The end of an action.</summary>
    Close,

    /// <summary>A name of a function or a keyword.</summary>
    Word,

    /// <summary><c>.Name</c>, or <c>.</c> alone.</summary>
    Field,

    /// <summary><c>$name</c>, or <c>$</c> alone.</summary>
    Variable,

    /// <summary>A text literal.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary><c>( ) | , := =</c></summary>
    Sign,
}
