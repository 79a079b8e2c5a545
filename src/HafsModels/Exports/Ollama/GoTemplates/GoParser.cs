using System.Globalization;

namespace HafsModels.Exports.Ollama.GoTemplates;

/// <summary>Puts the words of a template together.</summary>
internal sealed class GoParser(IReadOnlyList<GoToken> tokens)
{
    private const int MaximumDepth = 200;
    private int at;
    private int depth;

    /// <summary>Reads the whole template.</summary>
    public IReadOnlyList<GoNode> Parse()
    {
        IReadOnlyList<GoNode> nodes = ReadNodes(out string end);
        return end.Length == 0 ? nodes : throw GoTemplateErrors.Invalid(tokens[at - 1].Line, $"'{end}' without what it belongs to");
    }

    private GoToken Current => tokens[at];

    // Reads to an {{ end }} or {{ else … }}, of which only the keyword is taken, or to the end.
    private List<GoNode> ReadNodes(out string end)
    {
        if (++depth > MaximumDepth)
            throw GoTemplateErrors.Invalid(tokens[Math.Min(at, tokens.Count - 1)].Line, $"actions are nested more than {MaximumDepth} deep");
        var nodes = new List<GoNode>();
        end = "";
        while (at < tokens.Count)
        {
            if (Current.Kind == GoTokenKind.Template)
            {
                nodes.Add(new GoNode.Text(tokens[at++].Text));
            }
            else if (Current is { Kind: GoTokenKind.Word, Text: "end" or "else" })
            {
                end = tokens[at++].Text;
                break;
            }
            else if (Current.Kind == GoTokenKind.Word && ReadControl() is { } control)
            {
                nodes.Add(control);
            }
            else
            {
                nodes.Add(new GoNode.Action(ReadPipeline()));
                Expect(GoTokenKind.Close);
            }
        }

        depth--;
        return nodes;
    }

    private GoNode? ReadControl()
    {
        int line = Current.Line;
        switch (Current.Text)
        {
            case "if" or "with" or "range":
                return ReadBlock(tokens[at++].Text, line);
            case "break" or "continue":
                GoNode node = tokens[at++].Text == "break" ? new GoNode.Break() : new GoNode.Continue();
                Expect(GoTokenKind.Close);
                return node;
            case "define" or "template" or "block":
                throw GoTemplateErrors.Unknown(line, $"'{Current.Text}' is not known here");
            default:
                return null;
        }
    }

    private GoNode ReadBlock(string kind, int line)
    {
        GoPipeline pipeline = ReadPipeline(loop: kind == "range");
        Expect(GoTokenKind.Close);
        List<GoNode> body = ReadNodes(out string end), otherwise = [];
        if (end == "else")
        {
            if (Current is { Kind: GoTokenKind.Word, Text: "if" or "with" } && Current.Text == kind)
            {
                at++;
                otherwise.Add(ReadBlock(kind, line));
                return Block(kind, pipeline, body, otherwise);
            }

            Expect(GoTokenKind.Close);
            otherwise = ReadNodes(out end);
        }

        if (end != "end")
            throw GoTemplateErrors.Invalid(line, $"'{kind}' has no 'end'");
        Expect(GoTokenKind.Close);
        return Block(kind, pipeline, body, otherwise);
    }

    private static GoNode Block(string kind, GoPipeline pipeline, List<GoNode> body, List<GoNode> otherwise) => kind switch
    {
        "if" => new GoNode.If(pipeline, body, otherwise),
        "with" => new GoNode.With(pipeline, body, otherwise),
        _ => new GoNode.Range(pipeline, body, otherwise),
    };

    private GoPipeline ReadPipeline(bool loop = false)
    {
        if (++depth > MaximumDepth)
            throw GoTemplateErrors.Invalid(Current.Line, $"parentheses are nested more than {MaximumDepth} deep");
        (List<string> variables, bool declares) = ReadVariables(loop);
        var commands = new List<IReadOnlyList<GoOperand>> { ReadCommand() };
        while (IsSign("|"))
        {
            at++;
            commands.Add(ReadCommand());
        }

        depth--;
        return new GoPipeline(variables, declares, commands);
    }

    private (List<string> Variables, bool Declares) ReadVariables(bool loop)
    {
        int start = at;
        var names = new List<string>();
        while (at < tokens.Count && Current.Kind == GoTokenKind.Variable)
        {
            names.Add(tokens[at++].Text);
            if (IsSign(":=") || IsSign("="))
                return (names, tokens[at++].Text == ":=");
            if (!loop || names.Count > 1 || !IsSign(","))
                break;
            at++;
        }

        at = start;
        return ([], false);
    }

    private List<GoOperand> ReadCommand()
    {
        var operands = new List<GoOperand>();
        while (at < tokens.Count && Current.Kind != GoTokenKind.Close && !IsSign("|") && !IsSign(")"))
            operands.Add(ReadOperand(isHead: operands.Count == 0));
        if (operands.Count == 0)
            throw GoTemplateErrors.Invalid(tokens[Math.Min(at, tokens.Count - 1)].Line, "a value is missing");
        if (operands.Count > 1 && operands[0] is not GoOperand.Function)
            throw GoTemplateErrors.Invalid(tokens[at - 1].Line, "arguments are given to what is no function");
        return operands;
    }

    private GoOperand ReadOperand(bool isHead)
    {
        GoToken token = tokens[at++];
        switch (token.Kind)
        {
            case GoTokenKind.Text:
                return new GoOperand.Literal(token.Text);
            case GoTokenKind.Number:
                return new GoOperand.Literal(Number(token));
            case GoTokenKind.Field:
                return new GoOperand.Dot(token.Text == "." ? [] : [token.Text[1..], .. ReadFields()]);
            case GoTokenKind.Variable:
                return new GoOperand.Variable(token.Text, ReadFields());
            case GoTokenKind.Word when token.Text is "true" or "false":
                return new GoOperand.Literal(token.Text == "true");
            case GoTokenKind.Word when token.Text == "nil":
                return new GoOperand.Literal(null);
            case GoTokenKind.Word when !GoFunctions.All.ContainsKey(token.Text):
                throw GoTemplateErrors.Unknown(token.Line, $"the function '{token.Text}' is not known");
            case GoTokenKind.Word:
                var function = new GoOperand.Function(token.Text);
                return isHead ? function : new GoOperand.Group(new GoPipeline([], false, [[function]]), []);
            case GoTokenKind.Sign when token.Text == "(":
                GoPipeline inner = ReadPipeline();
                if (!IsSign(")"))
                    throw GoTemplateErrors.Invalid(token.Line, "a parenthesis is not closed");
                at++;
                return new GoOperand.Group(inner, ReadFields());
            default:
                throw GoTemplateErrors.Invalid(token.Line, $"'{token.Text}' stands where a value is expected");
        }
    }

    private List<string> ReadFields()
    {
        var fields = new List<string>();
        while (at < tokens.Count && Current is { Kind: GoTokenKind.Field, SpaceBefore: false } && Current.Text.Length > 1)
            fields.Add(tokens[at++].Text[1..]);
        return fields;
    }

    private static object Number(GoToken token)
    {
        string text = token.Text.Replace("_", "", StringComparison.Ordinal);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
            return whole;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : throw GoTemplateErrors.Invalid(token.Line, $"'{token.Text}' is no number that is known");
    }

    private bool IsSign(string sign) => at < tokens.Count && Current.Kind == GoTokenKind.Sign && Current.Text == sign;

    private void Expect(GoTokenKind kind)
    {
        if (at >= tokens.Count || Current.Kind != kind)
            throw GoTemplateErrors.Invalid(tokens[Math.Min(at, tokens.Count - 1)].Line, at < tokens.Count ? $"'{Current.Text}' stands where the action should end" : "an action is not closed");
        at++;
    }
}
