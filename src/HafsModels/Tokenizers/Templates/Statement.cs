namespace HafsModels.Tokenizers.Templates;

/// <summary>A statement of a template.</summary>
internal abstract record Statement
{
    /// <summary>Where its keyword stands.</summary>
    public TemplatePlace Place { get; init; }

    /// <summary>Text as it is.</summary>
    public sealed record Text(string Value) : Statement;

    /// <summary>An expression that is shown.</summary>
    public sealed record Output(Expression Value) : Statement;

    /// <summary>Branches, each with its condition; null for else.</summary>
    public sealed record If(IReadOnlyList<(Expression? Condition, IReadOnlyList<Statement> Body)> Branches) : Statement;

    /// <summary>A loop, with what is done when there is nothing to loop over.</summary>
    public sealed record For(Expression Target, Expression Source, Expression? Condition, IReadOnlyList<Statement> Body, IReadOnlyList<Statement> Otherwise) : Statement;

    /// <summary>Sets a variable, several of a tuple, or a member of a namespace.</summary>
    public sealed record Set(Expression Target, Expression Value) : Statement;

    /// <summary>Sets a variable, or a member of a namespace, to what a body shows, through filters where there are some.</summary>
    public sealed record SetBlock(Expression Target, Expression.Filter? Filter, IReadOnlyList<Statement> Body) : Statement;

    /// <summary>Defines a macro. Only one whose body names <c>varargs</c>, <c>kwargs</c> or <c>caller</c> is given them.</summary>
    public sealed record Macro(string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters, IReadOnlyList<Statement> Body, IReadOnlySet<string> Names) : Statement;

    /// <summary>Calls a macro that may ask for a body, as the macro <c>caller</c>.</summary>
    public sealed record CallBlock(Expression.Call Call, Macro Caller) : Statement;

    /// <summary>A body with variables of its own.</summary>
    public sealed record With(IReadOnlyList<(string Name, Expression Value)> Values, IReadOnlyList<Statement> Body) : Statement;

    /// <summary>Shows a body through a filter.</summary>
    public sealed record FilterBlock(Expression.Filter Filter, IReadOnlyList<Statement> Body) : Statement;

    /// <summary>Ends the loop.</summary>
    public sealed record Break : Statement;

    /// <summary>Goes on with the next item of the loop.</summary>
    public sealed record Continue : Statement;

    /// <summary>Only a body (generation blocks).</summary>
    public sealed record Block(IReadOnlyList<Statement> Body) : Statement;
}
