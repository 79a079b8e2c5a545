using System.CommandLine;

namespace Hafs.Commands;

/// <summary><c>hafs training …</c>: what a training run calls when it is over.</summary>
internal static class TrainingCommand
{
    public static Command Create() => new("training", "Training runs")
    {
        ModelsCommand.Register("register-model", "Register what a training run wrote; reads its trainer_state.json"),
    };
}
