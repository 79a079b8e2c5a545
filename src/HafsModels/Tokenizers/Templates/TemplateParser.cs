namespace HafsModels.Tokenizers.Templates;

/// <summary>Reads a Jinja template: the statements. Expressions are read in TemplateParser.Expressions.cs.</summary>
internal sealed partial class TemplateParser
{
    private const int MaximumDepth = 200;

    private readonly IReadOnlyList<TemplateToken> tokens;
    private int at;
    private int depth;
    private int loops;

    private TemplateParser(IReadOnlyList<TemplateToken> tokens) => this.tokens = tokens;

    private TemplateToken Current => tokens[at];

    public static IReadOnlyList<Statement> Parse(string template)
    {
        var parser = new TemplateParser(TemplateLexer.Read(template));
        IReadOnlyList<Statement> body = parser.ReadBody();
        return parser.Current.Kind == TemplateTokenKind.End ? body : throw parser.Error($"'{parser.Peek(1).Text}' has no beginning");
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
                at++;
                body.Add(new Statement.Output(ReadTuple()));
                Expect(TemplateTokenKind.CloseOutput);
            }
            else if (Peek(1).Text is "endif" or "else" or "elif" or "endfor" or "endmacro" or "endset" or "endfilter" or "endgeneration" or "endcall" or "endwith")
            {
                break;
            }
            else
            {
                at++;
                body.Add(ReadStatement());
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
                throw Error($"'{keyword}' stands outside of a loop");
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
                throw Error($"the statement '{keyword}' is not known");
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
            at++;
            string keyword = Expect(TemplateTokenKind.Name);
            if (keyword == "endif")
                break;
            if (condition is null || keyword is not ("elif" or "else"))
                throw Error($"'{keyword}' stands where endif is needed");
            condition = keyword == "elif" ? ReadExpression() : null;
        }

        Close();
        return new Statement.If(branches);
    }

    private Statement.For ReadFor()
    {
        var names = new List<string>();
        bool parenthesized = TakeSign("(");
        do
            names.Add(Expect(TemplateTokenKind.Name));
        while (TakeSign(","));
        if (parenthesized)
            ExpectSign(")");
        if (!TakeName("in"))
            throw Error("a loop needs 'in'");
        Expression source = ReadOr();
        if (IsSign(","))
            source = ReadRestOfTuple(source);
        Expression? condition = TakeName("if") ? ReadExpression() : null;
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
        return new Statement.For(names, source, condition, body, otherwise);
    }

    private Statement ReadSet()
    {
        var targets = new List<Expression>();
        do
            targets.Add(ReadPostfix(ReadPrimary()));
        while (TakeSign(","));
        if (TakeSign("="))
        {
            Expression value = ReadTuple();
            Close();
            return new Statement.Set(targets, value);
        }

        Expression.Filter? filter = IsSign("|") ? (Expression.Filter)ReadFilters(new Expression.Constant(""), first: false) : null;
        Close();
        List<Statement> body = ReadBody();
        End("endset");
        return targets is [var one] ? new Statement.SetBlock(one, filter, body) : throw Error("a set block needs one name");
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
        int outside = loops;
        loops = 0;
        List<Statement> body = ReadBody();
        loops = outside;
        End(end);
        return new Statement.Macro(name, parameters, body);
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
            throw TemplateErrors.TooMuch($"line {Current.Line}: parts nest deeper than {MaximumDepth}");
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
            throw Error($"'{sign}' is needed before '{Current.Text}'");
    }

    private string Expect(TemplateTokenKind kind) => Current.Kind == kind ? tokens[at++].Text : throw Error($"{kind} is needed before '{Current.Text}'");

    private void Close() => Expect(TemplateTokenKind.CloseStatement);

    private void End(string keyword)
    {
        Expect(TemplateTokenKind.OpenStatement);
        if (!TakeName(keyword))
            throw Error($"'{keyword}' is missing");
        Close();
    }

    private HafsException Error(string what) => TemplateErrors.Syntax(Current.Line, what);
}
