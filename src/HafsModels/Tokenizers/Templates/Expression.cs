namespace HafsModels.Tokenizers.Templates;

/// <summary>An expression of a template.</summary>
internal abstract record Expression
{
    /// <summary>Where its sign, name or bracket stands, for those that can fail.</summary>
    public TemplatePlace Place { get; init; }

    /// <summary>A value that stands in the template.</summary>
    public sealed record Constant(object? Value) : Expression;

    /// <summary>A variable.</summary>
    public sealed record Variable(string Name) : Expression;

    /// <summary>A list or tuple.</summary>
    public sealed record Items(IReadOnlyList<Expression> Values, bool IsTuple) : Expression;

    /// <summary>A dictionary.</summary>
    public sealed record Pairs(IReadOnlyList<(Expression Key, Expression Value)> Values) : Expression;

    /// <summary><c>target[index]</c>, or <c>target.name</c>, which looks for methods first.</summary>
    public sealed record Member(Expression Target, Expression Index, bool MethodsFirst) : Expression;

    /// <summary><c>target[start:stop:step]</c>.</summary>
    public sealed record Slice(Expression Target, Expression? Start, Expression? Stop, Expression? Step) : Expression;

    /// <summary>A call.</summary>
    public sealed record Call(Expression Target, IReadOnlyList<Expression> Arguments, IReadOnlyList<(string Name, Expression Value)> Named) : Expression;

    /// <summary><c>value | name(arguments)</c>.</summary>
    public sealed record Filter(Expression Value, string Name, IReadOnlyList<Expression> Arguments, IReadOnlyList<(string Name, Expression Value)> Named) : Expression;

    /// <summary><c>value is (not) name</c>.</summary>
    public sealed record Test(Expression Value, string Name, IReadOnlyList<Expression> Arguments, bool Negated) : Expression;

    /// <summary>A sign before a value: <c>not</c>, <c>-</c>, <c>+</c>.</summary>
    public sealed record Unary(string Sign, Expression Value) : Expression;

    /// <summary>Comparisons in a row, each with the value before it: <c>a &lt; b &lt; c</c>.</summary>
    public sealed record Comparison(Expression First, IReadOnlyList<(string Sign, Expression Right)> Rest) : Expression;

    /// <summary>A sign between values.</summary>
    public sealed record Binary(string Sign, Expression Left, Expression Right) : Expression;

    /// <summary><c>then if condition else otherwise</c>.</summary>
    public sealed record Conditional(Expression Condition, Expression Then, Expression? Otherwise) : Expression;
}
