using System.Globalization;
using System.Text;

namespace HafsModels.Tokenizers.Templates;

/// <summary>Reads a Jinja template: the expressions, one method for each level of precedence, loosest first.</summary>
internal sealed partial class TemplateParser
{
    private Expression ReadTuple()
    {
        Expression first = ReadExpression();
        return IsSign(",") ? ReadRestOfTuple(first) : first;
    }

    private Expression.Items ReadRestOfTuple(Expression first)
    {
        var values = new List<Expression> { first };
        while (TakeSign(","))
        {
            if (Current.Kind is TemplateTokenKind.CloseOutput or TemplateTokenKind.CloseStatement || IsSign(")"))
                break;
            values.Add(ReadExpression());
        }

        return new Expression.Items(values, IsTuple: true);
    }

    private Expression ReadExpression()
    {
        Descend();
        Expression value = ReadOr();
        while (TakeName("if"))
        {
            Expression condition = ReadOr();
            value = new Expression.Conditional(condition, value, TakeName("else") ? ReadExpression() : null);
        }

        depth--;
        return value;
    }

    private Expression ReadOr()
    {
        Expression left = ReadAnd();
        while (TakeName("or"))
            left = new Expression.Binary("or", left, ReadAnd());
        return left;
    }

    private Expression ReadAnd()
    {
        Expression left = ReadNot();
        while (TakeName("and"))
            left = new Expression.Binary("and", left, ReadNot());
        return left;
    }

    private Expression ReadNot()
    {
        if (!TakeName("not"))
            return ReadComparison();
        Descend();
        var value = new Expression.Unary("not", ReadNot());
        depth--;
        return value;
    }

    private Expression ReadComparison()
    {
        Expression first = ReadSum();
        TemplatePlace place = Current.Place;
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (Current.Kind == TemplateTokenKind.Sign && Current.Text is "==" or "!=" or "<" or ">" or "<=" or ">=")
                rest.Add((tokens[at++].Text, ReadSum()));
            else if (TakeName("in"))
                rest.Add(("in", ReadSum()));
            else if (IsName("not") && Peek(1).Text == "in")
                rest.Add(("not in", ReadAfter(2)));
            else
                return rest switch { [] => first, [var (sign, right)] => new Expression.Binary(sign, first, right) { Place = place }, _ => new Expression.Comparison(first, rest) { Place = place } };
        }
    }

    private Expression ReadAfter(int tokensToSkip)
    {
        at += tokensToSkip;
        return ReadSum();
    }

    private Expression ReadSum()
    {
        Expression left = ReadConcatenation();
        while (IsSign("+") || IsSign("-"))
            left = ReadBinary(left, ReadConcatenation);
        return left;
    }

    private Expression ReadConcatenation()
    {
        Expression left = ReadProduct();
        while (IsSign("~"))
            left = ReadBinary(left, ReadProduct);
        return left;
    }

    private Expression ReadProduct()
    {
        Expression left = ReadPower();
        while (Current.Kind == TemplateTokenKind.Sign && Current.Text is "*" or "/" or "//" or "%")
            left = ReadBinary(left, ReadPower);
        return left;
    }

    private Expression ReadPower()
    {
        Expression left = ReadUnary(filters: true);
        while (IsSign("**"))
            left = ReadBinary(left, () => ReadUnary(filters: true));
        return left;
    }

    private Expression.Binary ReadBinary(Expression left, Func<Expression> readRight)
    {
        TemplateToken sign = tokens[at++];
        return new Expression.Binary(sign.Text, left, readRight()) { Place = sign.Place };
    }

    private Expression ReadUnary(bool filters)
    {
        Descend();
        TemplatePlace place = Current.Place;
        Expression value = IsSign("-") || IsSign("+")
            ? new Expression.Unary(tokens[at++].Text, ReadUnary(filters: false)) { Place = place }
            : ReadPrimary();
        value = ReadPostfix(value);
        depth--;
        while (filters)
        {
            if (IsSign("|"))
                value = ReadFilters(value, first: false);
            else if (TakeName("is"))
                value = ReadTest(value);
            else if (IsSign("("))
                value = ReadPostfix(value);
            else
                return value;
        }

        return value;
    }

    private Expression ReadFilters(Expression value, bool first)
    {
        while (first || TakeSign("|"))
        {
            first = false;
            TemplatePlace place = Current.Place;
            string name = Expect(TemplateTokenKind.Name);
            (List<Expression> arguments, List<(string, Expression)> named) = TakeSign("(") ? ReadArguments() : ([], []);
            value = new Expression.Filter(value, name, arguments, named) { Place = place };
        }

        return value;
    }

    private Expression.Test ReadTest(Expression value)
    {
        bool negated = TakeName("not");
        TemplatePlace place = Current.Place;
        string name = Expect(TemplateTokenKind.Name);
        List<Expression> arguments = [];
        if (TakeSign("("))
        {
            (arguments, List<(string, Expression)> named) = ReadArguments();
            if (named.Count > 0)
                throw TemplateErrors.Syntax(place, "a test takes its arguments by position");
        }
        else if (StartsArgument())
            arguments.Add(ReadPostfix(ReadPrimary()));
        return new Expression.Test(value, name, arguments, negated) { Place = place };
    }

    /// <summary>A test takes one argument without parentheses: a value, but no word that goes on with the expression.</summary>
    private bool StartsArgument() => Current.Kind switch
    {
        TemplateTokenKind.String or TemplateTokenKind.Number => true,
        TemplateTokenKind.Name => Current.Text is not ("and" or "or" or "else" or "if" or "is" or "in" or "not"),
        _ => IsSign("[") || IsSign("{"),
    };

    private Expression ReadPostfix(Expression value)
    {
        while (true)
        {
            TemplatePlace place = Current.Place;
            if (TakeSign("."))
            {
                value = Current.Kind == TemplateTokenKind.Number
                    ? new Expression.Member(value, ReadPrimary(), MethodsFirst: false) { Place = place }
                    : new Expression.Member(value, new Expression.Constant(Expect(TemplateTokenKind.Name)), MethodsFirst: true) { Place = place };
            }
            else if (TakeSign("["))
            {
                value = ReadIndex(value) with { Place = place };
            }
            else if (TakeSign("("))
            {
                (List<Expression> arguments, List<(string, Expression)> named) = ReadArguments();
                value = new Expression.Call(value, arguments, named) { Place = place };
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ReadIndex(Expression target)
    {
        Expression? start = IsSign(":") ? null : ReadTuple();
        if (TakeSign("]"))
            return new Expression.Member(target, start!, MethodsFirst: false);
        ExpectSign(":");
        Expression? stop = IsSign(":") || IsSign("]") ? null : ReadExpression();
        Expression? step = TakeSign(":") && !IsSign("]") ? ReadExpression() : null;
        ExpectSign("]");
        return new Expression.Slice(target, start, stop, step);
    }

    private (List<Expression> Positional, List<(string, Expression)> Named) ReadArguments()
    {
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        while (!TakeSign(")"))
        {
            if (Current.Kind == TemplateTokenKind.Name && Peek(1) is { Kind: TemplateTokenKind.Sign, Text: "=" })
            {
                string name = tokens[at].Text;
                at += 2;
                named.Add((name, ReadExpression()));
            }
            else
            {
                positional.Add(ReadExpression());
            }

            if (!IsSign(")"))
                ExpectSign(",");
        }

        return (positional, named);
    }

    private static readonly Dictionary<string, object?> Constants = new()
    {
        ["true"] = true,
        ["True"] = true,
        ["false"] = false,
        ["False"] = false,
        ["none"] = null,
        ["None"] = null,
    };

    private Expression ReadPrimary()
    {
        TemplateToken token = tokens[at++];
        switch (token.Kind)
        {
            case TemplateTokenKind.String:
                var text = new StringBuilder(token.Text);
                while (Current.Kind == TemplateTokenKind.String)
                    text.Append(tokens[at++].Text);
                return new Expression.Constant(text.ToString());
            case TemplateTokenKind.Number when token.Text.AsSpan().IndexOfAny('.', 'e', 'E') >= 0:
                return new Expression.Constant(double.Parse(token.Text, CultureInfo.InvariantCulture));
            case TemplateTokenKind.Number:
                return long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? new Expression.Constant(number) : throw Error("a number is too large");
            case TemplateTokenKind.Name:
                if (Constants.TryGetValue(token.Text, out object? constant))
                    return new Expression.Constant(constant);
                names.Add(token.Text);
                return new Expression.Variable(token.Text);
            case TemplateTokenKind.Sign when token.Text == "(":
                if (TakeSign(")"))
                    return new Expression.Items([], IsTuple: true);
                Expression inner = ReadTuple();
                ExpectSign(")");
                return inner;
            case TemplateTokenKind.Sign when token.Text == "[":
                return ReadList();
            case TemplateTokenKind.Sign when token.Text == "{":
                return ReadPairs();
            default:
                at--;
                throw Error($"a value is needed {Before}");
        }
    }

    private Expression.Items ReadList()
    {
        var values = new List<Expression>();
        while (!TakeSign("]"))
        {
            values.Add(ReadExpression());
            if (!IsSign("]"))
                ExpectSign(",");
        }

        return new Expression.Items(values, IsTuple: false);
    }

    private Expression.Pairs ReadPairs()
    {
        var values = new List<(Expression, Expression)>();
        while (!TakeSign("}"))
        {
            Expression key = ReadExpression();
            ExpectSign(":");
            values.Add((key, ReadExpression()));
            if (!IsSign("}"))
                ExpectSign(",");
        }

        return new Expression.Pairs(values);
    }
}
