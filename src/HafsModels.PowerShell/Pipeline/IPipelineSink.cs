namespace HafsModels.PowerShell.Pipeline;

/// <summary>Where a pump puts what work emits: the Write methods of a cmdlet, or a list in a test. Called only on the thread that runs the pump.</summary>
internal interface IPipelineSink
{
    /// <summary>One result.</summary>
    void Output(object value);

    /// <summary>One warning.</summary>
    void Warning(string text);

    /// <summary>One error that does not end the work; the item is what it is about where it names nothing itself.</summary>
    void Error(Exception error, object? item);

    /// <summary>One line for those who asked for detail.</summary>
    void Verbose(string text);

    /// <summary>The state of a progress bar; the last one has <see cref="ProgressDrawing.IsCompleted"/>.</summary>
    void Progress(ProgressDrawing drawing);
}
