using HafsModels;
using Spectre.Console;

namespace Hafs;

/// <summary>Everything hafs shows a person: tables and bars on a terminal, plain lines when the output is a pipe or a file.</summary>
internal static class Terminal
{
    private const int PlainWidth = 160;

    private static readonly IAnsiConsole Output = Open(Console.IsOutputRedirected, Console.Out);
    private static readonly IAnsiConsole Errors = Open(Console.IsErrorRedirected, Console.Error);

    /// <summary>Writes one line as it is.</summary>
    public static void Line(string text = "") => Output.WriteLine(text);

    /// <summary>Writes a line that says something succeeded.</summary>
    public static void Done(string text) => Output.MarkupLine($"[green]✓[/] {Markup.Escape(text)}");

    /// <summary>Writes an error and what to do about it to standard error.</summary>
    public static void Error(HafsException error)
    {
        Error(error.Message);
        if (error.Hint is { } hint)
            Errors.MarkupLine($"  [grey]{Markup.Escape(hint)}[/]");
    }

    /// <summary>Writes an error to standard error.</summary>
    public static void Error(string message) => Errors.MarkupLine($"[red]✗[/] {Markup.Escape(message)}");

    /// <summary>Something to know, on the error stream.</summary>
    public static void Warning(string message) => Errors.MarkupLine($"[yellow]![/] {Markup.Escape(message)}");

    /// <summary>Writes a table; cells are text, never markup.</summary>
    public static void Table(string? title, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = Console.IsOutputRedirected ? TableBorder.Ascii2 : TableBorder.Rounded };
        if (title is not null)
            table.Title = new TableTitle(Markup.Escape(title));
        foreach (string column in columns)
            table.AddColumn(new TableColumn(Markup.Escape(column)));
        foreach (IReadOnlyList<string> row in rows)
            table.AddRow([.. row.Select(cell => Markup.Escape(cell))]);
        Output.Write(table);
    }

    /// <summary>Asks a yes/no question on a terminal; without one the answer is no.</summary>
    public static bool Confirm(string question) =>
        !Console.IsInputRedirected && !Console.IsErrorRedirected && Errors.Confirm(Markup.Escape(question), defaultValue: false);

    /// <summary>Runs long work with a bar on standard error; silent when that is not a terminal.</summary>
    public static async Task<T> WithProgress<T>(string title, Func<IProgress<WorkProgress>?, Task<T>> work)
    {
        if (Console.IsErrorRedirected)
            return await work(null);

        return await Errors.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                ProgressTask bar = context.AddTask(Markup.Escape(title), maxValue: 1);
                bar.IsIndeterminate = true;
                return work(new Bar(bar));
            });
    }

    private static IAnsiConsole Open(bool redirected, TextWriter writer)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
            Out = new AnsiConsoleOutput(writer),
        });
        if (redirected)
            console.Profile.Width = PlainWidth;
        return console;
    }

    // Not Progress<T>: that posts to the thread pool, and reports could arrive after the work is over.
    private sealed class Bar(ProgressTask task) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value)
        {
            task.Description = Markup.Escape(value.Activity);
            if (value.TotalBytes <= 0)
            {
                task.IsIndeterminate = true;
                return;
            }

            task.IsIndeterminate = false;
            task.MaxValue = value.TotalBytes;
            task.Value = value.CompletedBytes;
        }
    }
}
