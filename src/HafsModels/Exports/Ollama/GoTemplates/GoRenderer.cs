using System.Text;

namespace HafsModels.Exports.Ollama.GoTemplates;

/// <summary>Carries out a template on data.</summary>
internal sealed class GoRenderer(object? data)
{
    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    private readonly StringBuilder output = new();
    private readonly List<(string Name, object? Value)> variables = [("$", data)];

    /// <summary>The text that a template makes of data.</summary>
    public static string Render(IReadOnlyList<GoNode> nodes, object? data)
    {
        var renderer = new GoRenderer(data);
        renderer.Walk(nodes, data);
        return renderer.output.ToString();
    }

    private Flow Walk(IReadOnlyList<GoNode> nodes, object? dot)
    {
        int scope = variables.Count;
        Flow flow = Flow.Next;
        foreach (GoNode node in nodes)
        {
            flow = Walk(node, dot);
            if (flow != Flow.Next)
                break;
        }

        variables.RemoveRange(scope, variables.Count - scope);
        return flow;
    }

    private Flow Walk(GoNode node, object? dot)
    {
        switch (node)
        {
            case GoNode.Text text:
                output.Append(text.Value);
                return Flow.Next;
            case GoNode.Action action:
                object? value = Evaluate(action.Pipeline, dot);
                if (action.Pipeline.Variables.Count == 0)
                    output.Append(GoValues.Print(value));
                return Flow.Next;
            case GoNode.If choice:
                return Choose(choice.Condition, choice.Then, choice.Else, dot, isWith: false);
            case GoNode.With with:
                return Choose(with.Value, with.Then, with.Else, dot, isWith: true);
            case GoNode.Range range:
                return Loop(range, dot);
            case GoNode.Break:
                return Flow.Break;
            default:
                return Flow.Continue;
        }
    }

    private Flow Choose(GoPipeline pipeline, IReadOnlyList<GoNode> then, IReadOnlyList<GoNode> otherwise, object? dot, bool isWith)
    {
        int scope = variables.Count;
        object? value = Evaluate(pipeline, dot);
        bool isTrue = GoValues.IsTrue(value);
        Flow flow = Walk(isTrue ? then : otherwise, isTrue && isWith ? value : dot);
        variables.RemoveRange(scope, variables.Count - scope);
        return flow;
    }

    private Flow Loop(GoNode.Range range, object? dot)
    {
        int scope = variables.Count;
        (object? Key, object? Value)[] elements = Evaluate(range.Over with { Variables = [] }, dot) switch
        {
            null => [],
            IReadOnlyList<object?> list => [.. list.Select((v, i) => ((object?)(long)i, v))],
            IReadOnlyDictionary<string, object?> table => [.. table.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => ((object?)p.Key, p.Value))],
            var other => throw GoTemplateErrors.Failed($"{GoValues.Print(other)} is no list"),
        };
        foreach ((object? key, object? value) in elements)
        {
            IReadOnlyList<string> names = range.Over.Variables;
            if (names.Count == 1)
                Set(names[0], value, range.Over.Declares);
            if (names.Count == 2)
            {
                Set(names[0], key, range.Over.Declares);
                Set(names[1], value, range.Over.Declares);
            }

            Flow flow = Walk(range.Body, value);
            variables.RemoveRange(scope, variables.Count - scope);
            if (flow == Flow.Break)
                break;
        }

        return elements.Length == 0 ? Walk(range.Else, dot) : Flow.Next;
    }

    private object? Evaluate(GoPipeline pipeline, object? dot)
    {
        object? value = null;
        for (int i = 0; i < pipeline.Commands.Count; i++)
            value = Evaluate(pipeline.Commands[i], dot, i == 0 ? [] : [value]);
        if (pipeline.Variables.Count > 0)
            Set(pipeline.Variables[0], value, pipeline.Declares);
        return value;
    }

    private object? Evaluate(IReadOnlyList<GoOperand> command, object? dot, object?[] piped)
    {
        if (command[0] is not GoOperand.Function function)
            return piped.Length == 0 ? Evaluate(command[0], dot) : throw GoTemplateErrors.Failed("a value is handed on to what is no function");
        var arguments = new List<object?>();
        foreach (GoOperand operand in command.Skip(1))
        {
            arguments.Add(Evaluate(operand, dot));
            if (function.Name is "and" or "or" && GoValues.IsTrue(arguments[^1]) == (function.Name == "or"))
                return arguments[^1];
        }

        arguments.AddRange(piped);
        if (arguments.Count == 0 && function.Name is "and" or "or")
            throw GoTemplateErrors.Failed($"'{function.Name}' takes at least one argument");
        return GoFunctions.All[function.Name](arguments);
    }

    private object? Evaluate(GoOperand operand, object? dot)
    {
        object? value = operand switch
        {
            GoOperand.Literal literal => literal.Value,
            GoOperand.Dot => dot,
            GoOperand.Variable variable => variables[Find(variable.Name)].Value,
            GoOperand.Group group => Evaluate(group.Pipeline, dot),
            _ => throw GoTemplateErrors.Failed("a function stands where a value is expected"),
        };
        foreach (string field in operand.Fields)
        {
            value = value switch
            {
                IReadOnlyDictionary<string, object?> table => table.GetValueOrDefault(field),
                GoRecord record when record.Fields.TryGetValue(field, out object? found) => found,
                null => throw GoTemplateErrors.Failed($"the field '{field}' of no value is read"),
                _ => throw GoTemplateErrors.Failed($"there is no field '{field}'"),
            };
        }

        return value;
    }

    private void Set(string name, object? value, bool declares)
    {
        if (declares)
            variables.Add((name, value));
        else
            variables[Find(name)] = (name, value);
    }

    private int Find(string name) => variables.FindLastIndex(v => v.Name == name) is var index and >= 0
        ? index
        : throw GoTemplateErrors.Failed($"the variable {name} is not declared");
}
