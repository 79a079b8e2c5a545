using System.CommandLine;
using HafsModels;
using HafsModels.Conversion;
using HafsModels.Deployment;
using HafsModels.Registry;

namespace Hafs.Commands;

/// <summary><c>hafs demo</c>: the main job on a small trained model that ships with hafs: register, convert, run both, deploy, test.</summary>
internal static class DemoCommand
{
    private const string BuiltInModel = "kjv-llama";

    public static Command Create()
    {
        var quantization = new Option<string>("--quant", "-q") { Description = "Quantization, see 'hafs quantizations'", DefaultValueFactory = _ => "Q4_K_M", HelpName = "TYPE" };
        var output = new Option<string>("--output", "-o") { Description = "Folder for the registry and the result", DefaultValueFactory = _ => Path.Combine("out", "demo") };
        var command = new Command("demo", "Register, convert, quantize, run and compare a built-in trained model") { quantization, output };
        command.SetAction((result, cancellation) => RunAsync(result.GetRequiredValue(quantization), Path.GetFullPath(result.GetRequiredValue(output)), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string quantization, string folder, CancellationToken cancellation)
    {
        string source = Path.Combine(AppContext.BaseDirectory, "demo", BuiltInModel);
        string evaluationText = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "demo", "val.txt"), cancellation);
        Directory.CreateDirectory(folder);
        var workbench = new Workbench(Path.Combine(folder, "registry.json"));

        Model model = workbench.Register(new RegisterRequest { Path = source, Tags = ["demo"], Force = true }, cancellation);
        Terminal.Done($"registered {model.Id}: a language model of the King James Bible, trained for {model.TrainingDurationMinutes} minutes, validation loss {HumanNumber.Fixed(model.EvalLoss, 3)}");

        var request = new ConvertRequest { ModelId = model.Id, Quantization = quantization, OutputPath = folder, EvaluationText = evaluationText, Force = true };
        Artifact artifact = await Terminal.WithProgress("Converting", progress => Task.Run(() => workbench.Convert(request, progress, cancellation), cancellation));
        Terminal.Done($"converted to {artifact.Quantization} and ran both on {artifact.Fidelity?.Tokens} tokens of books it was not trained on");

        ModelDeployment deployment = await workbench.PublishAsync(new PublishRequest { ModelId = model.Id, Backend = "Embedded", ArtifactPath = artifact.Path }, null, cancellation);
        Terminal.Done($"deployed on the {deployment.Backend} backend as '{deployment.Name}'");

        DeploymentTest test = await workbench.TestAsync(new TestRequest { ModelId = model.Id, Backend = "Embedded", EvaluationText = evaluationText }, null, cancellation);
        if (test.Passed)
            Terminal.Done(test.Message);
        else
            Terminal.Error(test.Message);

        Terminal.Line();
        Views.Comparison(workbench.Describe(new RegisterRequest { Path = source }), workbench.PlanConversion(request), artifact);
        Terminal.Line($"source    {source}");
        Terminal.Line($"result    {artifact.Path}");
        Terminal.Line($"registry  {workbench.RegistryPath}");
        return test.Passed ? ExitCodes.Success : ExitCodes.Failure;
    }
}
