namespace HafsModels.Tokenizers.Templates;

/// <summary>Reads a Jinja template: the statements. Expressions are read in TemplateParser.Expressions.cs.</summary>
internal sealed partial class TemplateParser
{
    private const int MaximumDepth = 200;

    private readonly IReadOnlyList<TemplateToken> tokens;
    private int at;
    private int depth;
    private int loops;

    /// <summary>The variables that the macro being read, or the template outside of macros, names.</summary>
    private HashSet<string> names = [];

    private TemplateParser(IReadOnlyList<TemplateToken> tokens) => this.tokens = tokens;

    private TemplateToken Current => tokens[at];

    public static IReadOnlyList<Statement> Parse(string template)
    {
        var parser = new TemplateParser(TemplateLexer.Read(template));
        IReadOnlyList<Statement> body = parser.ReadBody();
        return parser.Current.Kind == TemplateTokenKind.End ? body : throw parser.Error(1, $"'{parser.Peek(1).Text}' has no beginning");
    }

    /// <summary>Statements up to one that belongs to the statement around them (endif, else, …) or the end.</summary>
    private List<Statement> ReadBody()
    {
        Descend();
        var body = new List<Statement>();
        while (Current.Kind != TemplateTokenKind.End)
        {
            if (Current.Kind == TemplateTokenKind.Text)
            {
                body.Add(new Statement.Text(tokens[at++].Text));
            }
            else if (Current.Kind == TemplateTokenKind.OpenOutput)
            {
                TemplatePlace place = tokens[at++].Place;
                body.Add(new Statement.Output(ReadTuple()) { Place = place });
                Expect(TemplateTokenKind.CloseOutput);
            }
            else if (Peek(1).Text is "endif" or "else" or "elif" or "endfor" or "endmacro" or "endset" or "endfilter" or "endgeneration" or "endcall" or "endwith")
            {
                break;
            }
            else
            {
                TemplatePlace place = tokens[at++].Place;
                body.Add(ReadStatement() with { Place = place });
            }
        }

        depth--;
        return body;
    }

    private Statement ReadStatement()
    {
        string keyword = Expect(TemplateTokenKind.Name);
        switch (keyword)
        {
            case "if":
                return ReadIf();
            case "for":
                return ReadFor();
            case "set":
                return ReadSet();
            case "macro":
                return ReadMacro();
            case "call":
                return ReadCallBlock();
            case "with":
                return ReadWith();
            case "break" or "continue" when loops == 0:
                throw Error(-1, $"'{keyword}' stands outside of a loop");
            case "break":
                Close();
                return new Statement.Break();
            case "continue":
                Close();
                return new Statement.Continue();
            case "generation":
                Close();
                List<Statement> body = ReadBody();
                End("endgeneration");
                return new Statement.Block(body);
            case "filter":
                Expression filter = ReadFilters(new Expression.Constant(""), first: true);
                Close();
                List<Statement> filtered = ReadBody();
                End("endfilter");
                return new Statement.FilterBlock((Expression.Filter)filter, filtered);
            default:
                throw Error(-1, $"the statement '{keyword}' is not known");
        }
    }

    private Statement.If ReadIf()
    {
        var branches = new List<(Expression?, IReadOnlyList<Statement>)>();
        Expression? condition = ReadExpression();
        while (true)
        {
            Close();
            branches.Add((condition, ReadBody()));
            if (Current.Kind == TemplateTokenKind.End)
                throw Error("'endif' is missing");
            at++;
            string keyword = Expect(TemplateTokenKind.Name);
            if (keyword == "endif")
                break;
            if (condition is null || keyword is not ("elif" or "else"))
                throw Error(-1, $"'{keyword}' stands where endif is needed");
            condition = keyword == "elif" ? ReadExpression() : null;
        }

        Close();
        return new Statement.If(branches);
    }

    private Statement.For ReadFor()
    {
        Expression target = ReadTargets();
        if (!TakeName("in"))
            throw Error("a loop needs 'in'");
        Expression source = ReadOr();
        if (IsSign(","))
            source = ReadRestOfTuple(source);
        Expression? condition = TakeName("if") ? ReadExpression() : null;
        if (IsName("recursive"))
            throw Error("recursive loops are not known");
        Close();
        loops++;
        List<Statement> body = ReadBody();
        loops--;
        List<Statement> otherwise = [];
        if (Peek(1).Text == "else")
        {
            at += 2;
            Close();
            otherwise = ReadBody();
        }

        End("endfor");
        return new Statement.For(target, source, condition, body, otherwise);
    }

    private Statement ReadSet()
    {
        Expression target = ReadTargets();
        if (TakeSign("="))
        {
            Expression value = ReadTuple();
            Close();
            return new Statement.Set(target, value);
        }

        Expression.Filter? filter = IsSign("|") ? (Expression.Filter)ReadFilters(new Expression.Constant(""), first: false) : null;
        Close();
        List<Statement> body = ReadBody();
        End("endset");
        return target is not Expression.Items ? new Statement.SetBlock(target, filter, body) : throw Error("a set block needs one name");
    }

    /// <summary>What a value is given to: a name, a member of a namespace, or several, in brackets or not.</summary>
    private Expression ReadTargets()
    {
        Expression first = ReadTarget();
        if (!IsSign(","))
            return first;
        var targets = new List<Expression> { first };
        while (TakeSign(",") && !IsName("in") && !IsSign("=") && !IsSign(")"))
            targets.Add(ReadTarget());
        return new Expression.Items(targets, IsTuple: true);
    }

    private Expression ReadTarget()
    {
        if (TakeSign("("))
        {
            Descend();
            Expression inner = ReadTargets();
            ExpectSign(")");
            depth--;
            return inner;
        }

        TemplatePlace place = Current.Place;
        Expression target = new Expression.Variable(Expect(TemplateTokenKind.Name));
        return TakeSign(".") ? new Expression.Member(target, new Expression.Constant(Expect(TemplateTokenKind.Name)), MethodsFirst: false) { Place = place } : target;
    }

    private Statement.Macro ReadMacro()
    {
        string name = Expect(TemplateTokenKind.Name);
        ExpectSign("(");
        return ReadMacroBody(name, ReadParameters(), "endmacro");
    }

    /// <summary><c>call(parameters) macro(arguments)</c>: the body is the macro <c>caller</c> of the called one.</summary>
    private Statement.CallBlock ReadCallBlock()
    {
        List<(string, Expression?)> parameters = TakeSign("(") ? ReadParameters() : [];
        return ReadExpression() is Expression.Call call
            ? new Statement.CallBlock(call, ReadMacroBody("caller", parameters, "endcall"))
            : throw Error("a call block needs a call");
    }

    private Statement.Macro ReadMacroBody(string name, List<(string Name, Expression? Default)> parameters, string end)
    {
        Close();
        (int loopsOutside, HashSet<string> namesOutside) = (loops, names);
        (loops, names) = (0, []);
        List<Statement> body = ReadBody();
        var macro = new Statement.Macro(name, parameters, body, names);
        namesOutside.UnionWith(names);
        (loops, names) = (loopsOutside, namesOutside);
        End(end);
        return macro;
    }

    private List<(string Name, Expression? Default)> ReadParameters()
    {
        var parameters = new List<(string, Expression?)>();
        while (!TakeSign(")"))
        {
            string parameter = Expect(TemplateTokenKind.Name);
            parameters.Add((parameter, TakeSign("=") ? ReadExpression() : null));
            if (!IsSign(")"))
                ExpectSign(",");
        }

        return parameters;
    }

    private Statement.With ReadWith()
    {
        var values = new List<(string, Expression)>();
        while (Current.Kind != TemplateTokenKind.CloseStatement)
        {
            if (values.Count > 0)
                ExpectSign(",");
            string name = Expect(TemplateTokenKind.Name);
            ExpectSign("=");
            values.Add((name, ReadExpression()));
        }

        Close();
        List<Statement> body = ReadBody();
        End("endwith");
        return new Statement.With(values, body);
    }

    private void Descend()
    {
        if (++depth > MaximumDepth)
            throw TemplateErrors.TooMuch(Current.Place, $"parts nest deeper than {MaximumDepth}");
    }

    private TemplateToken Peek(int ahead) => tokens[Math.Min(at + ahead, tokens.Count - 1)];

    private bool IsSign(string sign) => Current.Kind == TemplateTokenKind.Sign && Current.Text == sign;

    private bool IsName(string name) => Current.Kind == TemplateTokenKind.Name && Current.Text == name;

    private bool TakeSign(string sign) => Take(IsSign(sign));

    private bool TakeName(string name) => Take(IsName(name));

    private bool Take(bool present)
    {
        at += present ? 1 : 0;
        return present;
    }

    private void ExpectSign(string sign)
    {
        if (!TakeSign(sign))
            throw Error($"'{sign}' is needed {Before}");
    }

    private string Expect(TemplateTokenKind kind) => Current.Kind == kind ? tokens[at++].Text : throw Error($"{Names[kind]} is needed {Before}");

    private static readonly Dictionary<TemplateTokenKind, string> Names = new()
    {
        [TemplateTokenKind.Name] = "a name",
        [TemplateTokenKind.CloseOutput] = "'}}'",
        [TemplateTokenKind.OpenStatement] = "a statement",
        [TemplateTokenKind.CloseStatement] = "'%}'",
    };

    private string Before => Current.Kind == TemplateTokenKind.End ? "before the end" : $"before '{Current.Text}'";

    private void Close() => Expect(TemplateTokenKind.CloseStatement);

    private void End(string keyword)
    {
        Expect(TemplateTokenKind.OpenStatement);
        if (!TakeName(keyword))
            throw Error($"'{keyword}' is missing");
        Close();
    }

    private HafsException Error(string what) => Error(0, what);

    /// <summary>An error at a token near the current one.</summary>
    private HafsException Error(int ahead, string what) => TemplateErrors.Syntax(Peek(ahead).Place, what);
}
