namespace HafsModels.Tokenizers.Templates;

/// <summary>What a piece of a template is.</summary>
internal enum TemplateTokenKind
{
    /// <summary>Text that is shown as it is.</summary>
    Text,

    /// <summary>The start of an output, <c>{{</c>.</summary>
    OpenOutput,

    /// <summary>The end of an output.</summary>
    CloseOutput,

    /// <summary>The start of a statement, <c>{%</c>.</summary>
    OpenStatement,

    /// <summary>The end of a statement.</summary>
    CloseStatement,

    /// <summary>A name or keyword.</summary>
    Name,

    /// <summary>A string.</summary>
    String,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A sign, such as <c>==</c>.</summary>
    Sign,

    /// <summary>The end of the template.</summary>
    End,
}

/// <summary>A piece of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text; a string without quotes and escapes.</param>
/// <param name="Place">Where it begins.</param>
internal readonly record struct TemplateToken(TemplateTokenKind Kind, string Text, TemplatePlace Place);
