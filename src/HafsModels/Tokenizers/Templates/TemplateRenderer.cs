using System.Text;

namespace HafsModels.Tokenizers.Templates;

/// <summary>Carries out the statements of a template. Loops, depth and output are bounded, since templates come with models from anywhere.</summary>
internal sealed class TemplateRenderer
{
    private const int MaximumCalls = 64;
    private const int MaximumRange = 100_000;
    private const string Caller = "caller";

    private readonly StringBuilder output = new();
    private readonly TemplateScope globals;
    private readonly TemplateWork work = new();
    private int calls;
    private StringBuilder target;

    private TemplateRenderer(IEnumerable<KeyValuePair<string, object?>> variables, DateTimeOffset now)
    {
        target = output;
        globals = new TemplateScope(null);
        globals.Set("range", (TemplateFunction)Range);
        globals.Set("namespace", (TemplateFunction)((arguments, named) => new TemplateNamespace(Combine(arguments, named))));
        globals.Set("dict", (TemplateFunction)Combine);
        globals.Set("raise_exception", (TemplateFunction)((arguments, _) => throw TemplateErrors.Raised(arguments.Count > 0 ? TemplateValues.Show(arguments[0]) : "")));
        globals.Set("strftime_now", (TemplateFunction)((arguments, named) => TemplateDates.Format(now, TemplateFilters.Text(TemplateArguments.Bind("'strftime_now'", ["format"], arguments, named, work)[0]))));
        foreach ((string name, object? value) in variables)
            globals.Set(name, value);
    }

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    public static string Render(IReadOnlyList<Statement> body, IEnumerable<KeyValuePair<string, object?>> variables, DateTimeOffset now)
    {
        var renderer = new TemplateRenderer(variables, now);
        try
        {
            renderer.Run(body, renderer.globals);
        }
        catch (HafsException error) when (TemplateErrors.LacksPlace(error))
        {
            throw TemplateErrors.Located(error, renderer.work.Place);
        }

        return renderer.output.ToString();
    }

    private Flow Run(IReadOnlyList<Statement> body, TemplateScope scope)
    {
        foreach (Statement statement in body)
        {
            Flow flow = Run(statement, scope);
            if (flow != Flow.Next)
                return flow;
        }

        return Flow.Next;
    }

    private Flow Run(Statement statement, TemplateScope scope)
    {
        TemplateErrors.CheckDepth();
        work.At(statement.Place).Spend(1);
        switch (statement)
        {
            case Statement.Text text:
                Write(text.Value);
                return Flow.Next;
            case Statement.Output shown:
                Write(TemplateValues.Show(Evaluate(shown.Value, scope)));
                return Flow.Next;
            case Statement.If choice:
                foreach ((Expression? condition, IReadOnlyList<Statement> body) in choice.Branches)
                {
                    if (condition is null || TemplateValues.IsTrue(Evaluate(condition, scope)))
                        return Run(body, scope);
                }

                return Flow.Next;
            case Statement.For loop:
                return Run(loop, scope);
            case Statement.Set set:
                Assign(set.Target, Evaluate(set.Value, scope), scope);
                return Flow.Next;
            case Statement.SetBlock block:
                Flow afterSet = Capture(block.Body, scope, out string given);
                if (afterSet == Flow.Next)
                    Assign(block.Target, Filtered(block.Filter, given, scope), scope);
                return afterSet;
            case Statement.FilterBlock block:
                Flow afterFilter = Capture(block.Body, scope, out string unfiltered);
                if (afterFilter == Flow.Next)
                    Write(TemplateValues.Show(Filtered(block.Filter, unfiltered, scope)));
                return afterFilter;
            case Statement.Macro macro:
                scope.Set(macro.Name, Function(macro, scope));
                return Flow.Next;
            case Statement.CallBlock block:
                Write(TemplateValues.Show(Call(block.Call, scope, Function(block.Caller, scope))));
                return Flow.Next;
            case Statement.With block:
                var own = new TemplateScope(scope);
                foreach ((string name, Expression value) in block.Values)
                    own.Set(name, Evaluate(value, scope));
                return Run(block.Body, own);
            case Statement.Block block:
                return Run(block.Body, scope);
            case Statement.Break:
                return Flow.Break;
            case Statement.Continue:
                return Flow.Continue;
            default:
                throw new InvalidOperationException(statement.GetType().Name);
        }
    }

    private TemplateFunction Function(Statement.Macro macro, TemplateScope scope) => (arguments, named) => Call(macro, arguments, named, scope);

    private object? Filtered(Expression.Filter? filter, string text, TemplateScope scope) =>
        filter is null ? text : Evaluate(WithValue(filter, new Expression.Constant(text)), scope);

    /// <summary>Puts a value at the start of a chain of filters.</summary>
    private static Expression.Filter WithValue(Expression.Filter filter, Expression value)
    {
        TemplateErrors.CheckDepth();
        return filter with { Value = filter.Value is Expression.Filter inner ? WithValue(inner, value) : value };
    }

    /// <summary>What stands behind <c>else</c> is for loops of which no turn came to its end, and can leave the loop around this one.</summary>
    private Flow Run(Statement.For loop, TemplateScope scope)
    {
        IReadOnlyList<object?> items = TemplateValues.Iterate(Evaluate(loop.Source, scope), work.At(loop.Place));
        if (loop.Condition is { } condition)
        {
            items = [.. items.Where(item =>
            {
                var inner = new TemplateScope(scope);
                Assign(loop.Target, item, inner);
                return TemplateValues.IsTrue(Evaluate(condition, inner));
            })];
        }

        object? last = null;
        bool isFirst = true, hasEnded = false;
        for (int i = 0; i < items.Count; i++)
        {
            work.At(loop.Place).Spend(1);
            var inner = new TemplateScope(scope);
            Assign(loop.Target, items[i], inner);
            inner.Set("loop", LoopOf(items, i, Changed));
            Flow flow = Run(loop.Body, inner);
            hasEnded |= flow == Flow.Next;
            if (flow == Flow.Break)
                break;
        }

        return hasEnded ? Flow.Next : Run(loop.Otherwise, new TemplateScope(scope));

        object? Changed(IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
        {
            var now = new TemplateTuple(arguments);
            bool changed = isFirst || !TemplateValues.AreEqual(last, now, work);
            (last, isFirst) = (now, false);
            return changed;
        }
    }

    private static OrderedDictionary<string, object?> LoopOf(IReadOnlyList<object?> items, int i, TemplateFunction changed) => new()
    {
        ["index"] = i + 1L,
        ["index0"] = (long)i,
        ["revindex"] = (long)(items.Count - i),
        ["revindex0"] = items.Count - i - 1L,
        ["first"] = i == 0,
        ["last"] = i == items.Count - 1,
        ["length"] = (long)items.Count,
        ["depth"] = 1L,
        ["depth0"] = 0L,
        ["previtem"] = i > 0 ? items[i - 1] : Undefined.Value,
        ["nextitem"] = i + 1 < items.Count ? items[i + 1] : Undefined.Value,
        ["cycle"] = (TemplateFunction)((arguments, _) => arguments.Count > 0 ? arguments[i % arguments.Count] : throw TemplateErrors.Value("there is nothing to cycle through")),
        ["changed"] = changed,
    };

    private void Assign(Expression target, object? value, TemplateScope scope)
    {
        switch (target)
        {
            case Expression.Variable variable:
                scope.Set(variable.Name, value);
                break;
            case Expression.Items targets:
                IReadOnlyList<object?> parts = TemplateValues.Iterate(value, work);
                if (parts.Count != targets.Values.Count)
                    throw TemplateErrors.Value($"{parts.Count} values stand for {targets.Values.Count} names");
                for (int i = 0; i < parts.Count; i++)
                    Assign(targets.Values[i], parts[i], scope);
                break;
            case Expression.Member { Index: Expression.Constant { Value: string name } } member when Evaluate(member.Target, scope) is TemplateNamespace space:
                space.Members[name] = value;
                break;
            default:
                throw TemplateErrors.Value("only variables and members of a namespace can be set");
        }
    }

    /// <summary>What a body shows; nobody takes it where the body leaves the loop around it.</summary>
    private Flow Capture(IReadOnlyList<Statement> body, TemplateScope scope, out string text)
    {
        StringBuilder before = target;
        target = new StringBuilder();
        Flow flow = Run(body, new TemplateScope(scope));
        text = target.ToString();
        target = before;
        return flow;
    }

    private string Call(Statement.Macro macro, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named, TemplateScope scope)
    {
        if (++calls > MaximumCalls)
            throw TemplateErrors.TooMuch($"macros call each other deeper than {MaximumCalls}");
        work.Spend(macro.Parameters.Count);
        var inner = new TemplateScope(scope);
        GiveRest(macro, arguments, named, inner);
        for (int i = 0; i < macro.Parameters.Count; i++)
        {
            (string name, Expression? otherwise) = macro.Parameters[i];
            inner.Set(name, i < arguments.Count ? arguments[i]
                : named.TryGetValue(name, out object? value) ? value
                : otherwise is null ? Undefined.Value : Evaluate(otherwise, inner));
        }

        Capture(macro.Body, inner, out string text);
        calls--;
        return text;
    }

    /// <summary>What stands for no parameter goes to <c>varargs</c>, <c>kwargs</c> and <c>caller</c>, where the macro asks for them.</summary>
    private static void GiveRest(Statement.Macro macro, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named, TemplateScope inner)
    {
        HashSet<string> taken = [Caller, .. macro.Parameters.Skip(arguments.Count).Select(parameter => parameter.Name)];
        var rest = new OrderedDictionary<string, object?>(named.Where(pair => !taken.Contains(pair.Key)));
        if (arguments.Count > macro.Parameters.Count && !macro.Names.Contains("varargs"))
            throw TemplateErrors.Value($"the macro '{macro.Name}' takes {macro.Parameters.Count} arguments, not {arguments.Count}");
        if (rest.Count > 0 && !macro.Names.Contains("kwargs"))
            throw TemplateErrors.Value($"the macro '{macro.Name}' has no parameter '{rest.GetAt(0).Key}' or is given it twice");
        if (named.ContainsKey(Caller) && !macro.Names.Contains(Caller))
            throw TemplateErrors.Value($"the macro '{macro.Name}' is called with a body but has no use for one");
        inner.Set("varargs", new TemplateTuple(arguments.Skip(macro.Parameters.Count)));
        inner.Set("kwargs", rest);
        inner.Set(Caller, named.GetValueOrDefault(Caller, Undefined.Value));
    }

    private object? Evaluate(Expression expression, TemplateScope scope)
    {
        work.Spend(1);
        TemplateErrors.CheckDepth();
        return expression switch
        {
            Expression.Constant constant => constant.Value,
            Expression.Variable variable => scope.Find(variable.Name),
            Expression.Items items => Collect(items, scope),
            Expression.Pairs pairs => Collect(pairs, scope),
            Expression.Member member => TemplateOperators.Member(Evaluate(member.Target, scope), Evaluate(member.Index, scope), work.At(member.Place), member.MethodsFirst),
            Expression.Slice slice => TemplateOperators.Slice(Evaluate(slice.Target, scope), Index(slice.Start, scope), Index(slice.Stop, scope), Index(slice.Step, scope), work.At(slice.Place)),
            Expression.Call call => Call(call, scope),
            Expression.Filter filter => TemplateFilters.Apply(filter.Name, Evaluate(filter.Value, scope), All(filter.Arguments, scope), All(filter.Named, scope), work.At(filter.Place)),
            Expression.Test test => TemplateTests.Is(test.Name, Evaluate(test.Value, scope), All(test.Arguments, scope), work.At(test.Place)) != test.Negated,
            Expression.Unary { Sign: "not" } unary => !TemplateValues.IsTrue(Evaluate(unary.Value, scope)),
            Expression.Unary unary => TemplateOperators.Apply(unary.Sign, 0L, Evaluate(unary.Value, scope), work.At(unary.Place)),
            Expression.Binary { Sign: "and" } binary => Evaluate(binary.Left, scope) is var left && TemplateValues.IsTrue(left) ? Evaluate(binary.Right, scope) : left,
            Expression.Binary { Sign: "or" } binary => Evaluate(binary.Left, scope) is var left && TemplateValues.IsTrue(left) ? left : Evaluate(binary.Right, scope),
            Expression.Comparison comparison => Compare(comparison, scope),
            Expression.Binary binary => TemplateOperators.Apply(binary.Sign, Evaluate(binary.Left, scope), Evaluate(binary.Right, scope), work.At(binary.Place)),
            Expression.Conditional conditional => TemplateValues.IsTrue(Evaluate(conditional.Condition, scope))
                ? Evaluate(conditional.Then, scope)
                : conditional.Otherwise is null ? Undefined.Value : Evaluate(conditional.Otherwise, scope),
            _ => throw new InvalidOperationException(expression.GetType().Name),
        };
    }

    private bool Compare(Expression.Comparison comparison, TemplateScope scope)
    {
        object? left = Evaluate(comparison.First, scope);
        foreach ((string sign, Expression next) in comparison.Rest)
        {
            object? right = Evaluate(next, scope);
            if (!TemplateValues.IsTrue(TemplateOperators.Apply(sign, left, right, work.At(comparison.Place))))
                return false;
            left = right;
        }

        return true;
    }

    private object? Call(Expression.Call call, TemplateScope scope, TemplateFunction? caller = null)
    {
        object? called = Evaluate(call.Target, scope);
        if (called is not TemplateFunction function)
            throw TemplateErrors.Value($"{(called is Undefined ? "there is no" : "what cannot be called is")} '{Describe(call.Target)}'");
        object?[] arguments = All(call.Arguments, scope);
        Dictionary<string, object?> named = All(call.Named, scope);
        if (caller is not null)
            named[Caller] = caller;
        work.At(call.Place);
        return work.SpendOn(function(arguments, named));
    }

    private static string Describe(Expression expression) => expression switch
    {
        Expression.Variable variable => variable.Name,
        Expression.Member { Index: Expression.Constant { Value: string name } } member => $"{Describe(member.Target)}.{name}",
        _ => "(…)",
    };

    private List<object?> Collect(Expression.Items items, TemplateScope scope)
    {
        IEnumerable<object?> values = items.Values.Select(item => Evaluate(item, scope));
        return items.IsTuple ? new TemplateTuple(values) : [.. values];
    }

    private OrderedDictionary<string, object?> Collect(Expression.Pairs pairs, TemplateScope scope)
    {
        var result = new OrderedDictionary<string, object?>();
        foreach ((Expression key, Expression value) in pairs.Values)
            result[TemplateValues.Key(work.SpendOn(Evaluate(key, scope)))] = Evaluate(value, scope);
        return result;
    }

    private long? Index(Expression? index, TemplateScope scope) => index is null || Evaluate(index, scope) is not { } value ? null : TemplateFilters.Whole(value);

    private object?[] All(IReadOnlyList<Expression> arguments, TemplateScope scope) => [.. arguments.Select(argument => Evaluate(argument, scope))];

    private Dictionary<string, object?> All(IReadOnlyList<(string Name, Expression Value)> named, TemplateScope scope)
    {
        var result = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach ((string name, Expression value) in named)
            result[name] = Evaluate(value, scope);
        return result;
    }

    /// <summary>The dictionary that is given, or one of given pairs, with named arguments over it.</summary>
    private OrderedDictionary<string, object?> Combine(IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        var all = new OrderedDictionary<string, object?>();
        foreach (object? pair in arguments is [var first, ..] ? first is OrderedDictionary<string, object?> ? TemplateFilters.Items(first) : TemplateValues.Iterate(first, work) : [])
        {
            if (TemplateValues.Iterate(pair, work) is not [var key, var value])
                throw TemplateErrors.Value("a dictionary is made of pairs");
            all[TemplateValues.Key(key)] = value;
        }

        foreach ((string name, object? value) in named)
            all[name] = value;
        return all;
    }

    private List<object?> Range(IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        if (arguments.Count is < 1 or > 3)
            throw TemplateErrors.Value("range takes one to three integers");
        long[] numbers = [.. arguments.Select(TemplateFilters.Whole)];
        (long start, long stop, long step) = numbers.Length == 1 ? (0, numbers[0], 1) : (numbers[0], numbers[1], numbers.Length == 3 ? numbers[2] : 1);
        if (step == 0)
            throw TemplateErrors.Value("a range steps by zero");
        var items = new List<object?>();
        for (Int128 i = start; step > 0 ? i < stop : i > stop; i += step)
        {
            if (items.Count == MaximumRange)
                throw TemplateErrors.TooMuch($"a range has more than {MaximumRange:N0} numbers");
            work.Spend(1);
            items.Add((long)i);
        }

        return items;
    }

    private void Write(string text)
    {
        work.SpendText(text.Length);
        if (target.Length + text.Length > TemplateWork.MaximumText)
            throw TemplateErrors.TooMuch($"the output has more than {TemplateWork.MaximumText:N0} characters");
        target.Append(text);
    }
}
