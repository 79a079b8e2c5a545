using System.CommandLine;
using Hafs;
using Hafs.Commands;
using HafsModels;

try
{
    return await HafsCommand.Create().Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (HafsException error)
{
    Terminal.Error(error);
    return ExitCodes.For(error.Kind);
}
catch (OperationCanceledException)
{
    Terminal.Error("cancelled; nothing half-done was left behind");
    return ExitCodes.Cancelled;
}
catch (Exception error) when (error is IOException or UnauthorizedAccessException)
{
    Terminal.Error(error.Message);
    return ExitCodes.For(error is UnauthorizedAccessException ? ErrorKind.PermissionDenied : ErrorKind.ResourceExhausted);
}
