using System.Text;

namespace HafsModels.Tokenizers.Templates;

/// <summary>Carries out the statements of a template. Loops, depth and output are bounded, since templates come with models from anywhere.</summary>
internal sealed class TemplateRenderer
{
    private const int MaximumSteps = 2_000_000;
    private const int MaximumOutput = 16 << 20;
    private const int MaximumCalls = 64;
    private const int MaximumRange = 100_000;
    private const string Caller = "caller";

    private readonly StringBuilder output = new();
    private readonly TemplateScope globals;
    private int steps;
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
        globals.Set("strftime_now", (TemplateFunction)((arguments, _) => TemplateDates.Format(now, TemplateFilters.Text(arguments[0]))));
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
        renderer.Run(body, renderer.globals);
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
        Step();
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
                Run(loop, scope);
                return Flow.Next;
            case Statement.Set set:
                Assign(set.Targets, Evaluate(set.Value, scope), scope);
                return Flow.Next;
            case Statement.SetBlock block:
                Assign([block.Target], Filtered(block.Filter, Capture(block.Body, scope), scope), scope);
                return Flow.Next;
            case Statement.FilterBlock block:
                Write(TemplateValues.Show(Filtered(block.Filter, Capture(block.Body, scope), scope)));
                return Flow.Next;
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
    private static Expression.Filter WithValue(Expression.Filter filter, Expression value) =>
        filter with { Value = filter.Value is Expression.Filter inner ? WithValue(inner, value) : value };

    private void Run(Statement.For loop, TemplateScope scope)
    {
        IReadOnlyList<object?> items = TemplateValues.Iterate(Evaluate(loop.Source, scope));
        if (loop.Condition is { } condition)
        {
            items = [.. items.Where(item =>
            {
                var inner = new TemplateScope(scope);
                Bind(loop.Names, item, inner);
                return TemplateValues.IsTrue(Evaluate(condition, inner));
            })];
        }

        for (int i = 0; i < items.Count; i++)
        {
            Step();
            var inner = new TemplateScope(scope);
            Bind(loop.Names, items[i], inner);
            inner.Set("loop", LoopOf(items, i));
            if (Run(loop.Body, inner) == Flow.Break)
                break;
        }

        if (items.Count == 0)
            Run(loop.Otherwise, scope);
    }

    private static OrderedDictionary<string, object?> LoopOf(IReadOnlyList<object?> items, int i) => new()
    {
        ["index"] = i + 1L,
        ["index0"] = (long)i,
        ["revindex"] = (long)(items.Count - i),
        ["revindex0"] = items.Count - i - 1L,
        ["first"] = i == 0,
        ["last"] = i == items.Count - 1,
        ["length"] = (long)items.Count,
        ["previtem"] = i > 0 ? items[i - 1] : Undefined.Value,
        ["nextitem"] = i + 1 < items.Count ? items[i + 1] : Undefined.Value,
        ["cycle"] = (TemplateFunction)((arguments, _) => arguments.Count > 0 ? arguments[i % arguments.Count] : Undefined.Value),
    };

    private static void Bind(IReadOnlyList<string> names, object? item, TemplateScope scope)
    {
        if (names.Count == 1)
        {
            scope.Set(names[0], item);
            return;
        }

        IReadOnlyList<object?> parts = TemplateValues.Iterate(item);
        if (parts.Count != names.Count)
            throw TemplateErrors.Value($"{parts.Count} values stand for {names.Count} names");
        for (int i = 0; i < names.Count; i++)
            scope.Set(names[i], parts[i]);
    }

    private void Assign(IReadOnlyList<Expression> targets, object? value, TemplateScope scope)
    {
        if (targets.Count > 1)
        {
            IReadOnlyList<object?> parts = TemplateValues.Iterate(value);
            if (parts.Count != targets.Count)
                throw TemplateErrors.Value($"{parts.Count} values stand for {targets.Count} names");
            for (int i = 0; i < targets.Count; i++)
                Assign([targets[i]], parts[i], scope);
            return;
        }

        switch (targets[0])
        {
            case Expression.Variable variable:
                scope.Set(variable.Name, value);
                break;
            case Expression.Member { Index: Expression.Constant { Value: string name } } member when Evaluate(member.Target, scope) is TemplateNamespace space:
                space.Members[name] = value;
                break;
            default:
                throw TemplateErrors.Value("only variables and members of a namespace can be set");
        }
    }

    private string Capture(IReadOnlyList<Statement> body, TemplateScope scope)
    {
        StringBuilder before = target;
        target = new StringBuilder();
        Run(body, new TemplateScope(scope));
        string text = target.ToString();
        target = before;
        return text;
    }

    private string Call(Statement.Macro macro, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named, TemplateScope scope)
    {
        if (++calls > MaximumCalls)
            throw TemplateErrors.TooMuch($"macros call each other deeper than {MaximumCalls}");
        if (arguments.Count > macro.Parameters.Count)
            throw TemplateErrors.Value($"the macro '{macro.Name}' takes {macro.Parameters.Count} arguments, not {arguments.Count}");
        if (named.Keys.FirstOrDefault(name => name != Caller && macro.Parameters.All(parameter => parameter.Name != name)) is { } unknown)
            throw TemplateErrors.Value($"the macro '{macro.Name}' has no parameter '{unknown}'");
        var inner = new TemplateScope(scope);
        inner.Set(Caller, named.GetValueOrDefault(Caller, Undefined.Value));
        for (int i = 0; i < macro.Parameters.Count; i++)
        {
            (string name, Expression? otherwise) = macro.Parameters[i];
            inner.Set(name, i < arguments.Count ? arguments[i]
                : named.TryGetValue(name, out object? value) ? value
                : otherwise is null ? Undefined.Value : Evaluate(otherwise, inner));
        }

        string text = Capture(macro.Body, inner);
        calls--;
        return text;
    }

    private object? Evaluate(Expression expression, TemplateScope scope)
    {
        Step();
        TemplateErrors.CheckDepth();
        return expression switch
        {
            Expression.Constant constant => constant.Value,
            Expression.Variable variable => scope.Find(variable.Name),
            Expression.Items items => Collect(items, scope),
            Expression.Pairs pairs => Collect(pairs, scope),
            Expression.Member member => TemplateOperators.Member(Evaluate(member.Target, scope), Evaluate(member.Index, scope), member.MethodsFirst),
            Expression.Slice slice => TemplateOperators.Slice(Evaluate(slice.Target, scope), Index(slice.Start, scope), Index(slice.Stop, scope), Index(slice.Step, scope)),
            Expression.Call call => Call(call, scope),
            Expression.Filter filter => TemplateFilters.Apply(filter.Name, Evaluate(filter.Value, scope), All(filter.Arguments, scope), All(filter.Named, scope)),
            Expression.Test test => TemplateTests.Is(test.Name, Evaluate(test.Value, scope), All(test.Arguments, scope)) != test.Negated,
            Expression.Unary { Sign: "not" } unary => !TemplateValues.IsTrue(Evaluate(unary.Value, scope)),
            Expression.Unary unary => TemplateOperators.Apply(unary.Sign, 0L, Evaluate(unary.Value, scope)),
            Expression.Binary { Sign: "and" } binary => Evaluate(binary.Left, scope) is var left && TemplateValues.IsTrue(left) ? Evaluate(binary.Right, scope) : left,
            Expression.Binary { Sign: "or" } binary => Evaluate(binary.Left, scope) is var left && TemplateValues.IsTrue(left) ? left : Evaluate(binary.Right, scope),
            Expression.Comparison comparison => Compare(comparison, scope),
            Expression.Binary binary => TemplateOperators.Apply(binary.Sign, Evaluate(binary.Left, scope), Evaluate(binary.Right, scope)),
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
            if (!TemplateValues.IsTrue(TemplateOperators.Apply(sign, left, right)))
                return false;
            left = right;
        }

        return true;
    }

    private object? Call(Expression.Call call, TemplateScope scope, TemplateFunction? caller = null)
    {
        if (Evaluate(call.Target, scope) is not TemplateFunction function)
            throw TemplateErrors.Value($"'{Describe(call.Target)}' cannot be called");
        Dictionary<string, object?> named = All(call.Named, scope);
        if (caller is not null)
            named[Caller] = caller;
        try
        {
            return function(All(call.Arguments, scope), named);
        }
        catch (Exception error) when (error is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw TemplateErrors.Value($"'{Describe(call.Target)}' lacks an argument");
        }
    }

    private static string Describe(Expression expression) => expression switch
    {
        Expression.Variable variable => variable.Name,
        Expression.Member { Index: Expression.Constant { Value: string name } } member => $"{Describe(member.Target)}.{name}",
        _ => "an expression",
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
            result[TemplateValues.Key(Evaluate(key, scope))] = Evaluate(value, scope);
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
    private static OrderedDictionary<string, object?> Combine(IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        var all = new OrderedDictionary<string, object?>();
        foreach (object? pair in arguments is [var first, ..] ? first is OrderedDictionary<string, object?> ? TemplateFilters.Items(first) : TemplateValues.Iterate(first) : [])
        {
            if (TemplateValues.Iterate(pair) is not [var key, var value])
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
        for (long i = start; step > 0 ? i < stop : i > stop; i += step)
        {
            if (items.Count == MaximumRange)
                throw TemplateErrors.TooMuch($"a range has more than {MaximumRange:N0} numbers");
            Step();
            items.Add(i);
        }

        return items;
    }

    private void Write(string text)
    {
        if (target.Length + text.Length > MaximumOutput)
            throw TemplateErrors.TooMuch($"the output has more than {MaximumOutput:N0} characters");
        target.Append(text);
    }

    private void Step()
    {
        if (++steps > MaximumSteps)
            throw TemplateErrors.TooMuch($"more than {MaximumSteps:N0} steps");
    }
}
