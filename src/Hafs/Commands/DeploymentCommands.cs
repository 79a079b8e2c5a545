using System.CommandLine;
using HafsModels;
using HafsModels.Deployment;
using HafsModels.Measurement;
using HafsModels.Registry;

namespace Hafs.Commands;

/// <summary><c>hafs models deploy | test | undeploy</c>: serving backends.</summary>
internal static class DeploymentCommands
{
    public static Command Deploy(Argument<string> id, Option<string> quantization)
    {
        Argument<string> backend = Backend();
        var name = new Option<string?>("--name", "-n") { Description = "Name in the backend (default: the model id)" };
        Option<string?> endpoint = Endpoint();
        var force = new Option<bool>("--force") { Description = "Replace what the backend serves under the name for somebody else" };
        var program = new Option<string?>("--program") { Description = "llama-server or its folder (default: LLAMA_SERVER, else the PATH, else llama_cpp_dir of sync.toml)" };
        var backendQuantization = new Option<string?>("--backend-quant") { Description = "Type that Ollama itself quantizes the file to: q8_0, q4_K_S or q4_K_M" };
        var system = new Option<string?>("--system") { Description = "System message that Ollama puts before conversations" };
        var port = new Option<int>("--port") { Description = "Port on loopback for a server that is started (default: a free one)" };
        var context = new Option<int>("--context", "-c") { Description = "Context of a server that is started, tokens (default: the model's own)" };
        var arguments = new Option<string[]>("--server-argument") { Description = "Further argument of a server that is started; may be repeated: --server-argument=-ngl --server-argument=99" };
        var log = new Option<string?>("--server-log") { Description = "File that a server's output is appended to (default: beside the model's file)" };
        var timeout = new Option<int>("--start-timeout") { Description = "Seconds that a server may take to load the model" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("deploy", "Deploy a model to a serving backend; converts it first if there is no such GGUF yet")
        {
            id, backend, name, quantization, endpoint, force, backendQuantization, system, program, port, context, arguments, log, timeout, json,
        };
        command.SetAction(async (result, cancellation) =>
        {
            Workbench workbench = HafsCommand.Workbench(result);
            var request = new PublishRequest
            {
                ModelId = result.GetRequiredValue(id),
                Backend = result.GetRequiredValue(backend),
                Name = result.GetValue(name),
                Quantization = result.GetRequiredValue(quantization),
                Endpoint = Address(result.GetValue(endpoint)),
                Force = result.GetValue(force),
                BackendQuantization = result.GetValue(backendQuantization),
                System = result.GetValue(system),
                Server = new ServerOptions
                {
                    Program = result.GetValue(program),
                    Port = result.GetValue(port),
                    ContextLength = result.GetValue(context),
                    Arguments = result.GetValue(arguments) ?? [],
                    LogPath = result.GetValue(log),
                    StartTimeout = result.GetValue(timeout) is > 0 and int seconds ? TimeSpan.FromSeconds(seconds) : null,
                },
            };
            ModelDeployment deployment = await Terminal.WithProgress("Deploying", progress => workbench.ConvertAndPublishAsync(request, progress, cancellation));
            foreach (string note in deployment.Notes)
                Terminal.Warning(note);
            if (result.GetValue(json))
                Json.Write(deployment);
            else
                Terminal.Done($"Deployed {deployment.ModelId} ({deployment.Quantization}) to {deployment.Backend} as '{deployment.Name}': {deployment.Endpoint}");
        });
        return command;
    }

    public static Command Test(Argument<string> id)
    {
        Argument<string> backend = Backend();
        var name = new Option<string?>("--name", "-n") { Description = "Name in the backend (default: any)" };
        var prompts = new Option<string[]>("--prompt", "-p") { Description = "Prompt to generate for; may be repeated (default: built-in prompts)" };
        var file = new Option<string?>("--prompt-file") { Description = "File of prompts with expected answers: .json, .jsonl, or a prompt a line" };
        var raw = new Option<bool>("--raw") { Description = "Continue the prompts as plain text, without the chat template" };
        var tokens = new Option<int>("--max-tokens") { Description = "Tokens to generate for each prompt", DefaultValueFactory = _ => 24 };
        var agreement = new Option<double>("--min-agreement") { Description = "Smallest share of generated tokens that the source would have chosen too", DefaultValueFactory = _ => 0.8 };
        var difference = new Option<double>("--max-logprob-difference") { Description = "Largest mean difference of log-probabilities, nats", DefaultValueFactory = _ => 0.15 };
        var divergence = new Option<double>("--max-kl") { Description = "Largest mean KL divergence where the model runs in this process, nats", DefaultValueFactory = _ => 0.1 };
        var first = new Option<double?>("--max-first-token") { Description = "Longest time to the first token, milliseconds" };
        var speed = new Option<double?>("--min-speed") { Description = "Lowest speed, tokens per second" };
        var memory = new Option<string?>("--max-memory") { Description = "Most memory of the backend, such as 8GiB" };
        var junit = new Option<string?>("--junit") { Description = "File to write the result to as JUnit XML" };
        var output = new Option<string?>("--json-file") { Description = "File to write the result to as JSON" };
        var log = new Option<string?>("--log") { Description = "File to which a line is appended for each test" };
        var eventLog = new Option<bool>("--event-log") { Description = "Write that line to the Windows event log; where that cannot be written, to --log, else to hafs.log beside the registry" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("test", "Test a deployment against the source checkpoint; exit code 1 when the verdict is bad")
        {
            id, backend, name, prompts, file, raw, tokens, agreement, difference, divergence, first, speed, memory, junit, output, log, eventLog, json,
        };
        command.SetAction(async (result, cancellation) =>
        {
            Workbench workbench = HafsCommand.Workbench(result);
            var request = new TestRequest
            {
                ModelId = result.GetRequiredValue(id),
                Backend = result.GetRequiredValue(backend),
                Name = result.GetValue(name),
                Prompts = result.GetValue(prompts) ?? [],
                PromptFile = result.GetValue(file),
                Raw = result.GetValue(raw),
                MaxTokens = result.GetValue(tokens),
                MinTokenAgreement = result.GetValue(agreement),
                MaxLogProbDifference = result.GetValue(difference),
                MaxKlDivergence = result.GetValue(divergence),
                MaxFirstTokenMilliseconds = result.GetValue(first),
                MinTokensPerSecond = result.GetValue(speed),
                MaxMemoryBytes = result.GetValue(memory) is { } size ? SizeTarget.ParseBytes(size) : null,
                LogPath = result.GetValue(log),
                EventLog = result.GetValue(eventLog),
                JUnitPath = result.GetValue(junit),
                JsonPath = result.GetValue(output),
            };
            DeploymentTest test = await Terminal.WithProgress("Testing", progress => workbench.TestAsync(request, progress, cancellation));
            if (result.GetValue(json))
                Json.Write(test);
            else
                Views.Test(test);
            return test.Passed ? ExitCodes.Success : ExitCodes.Failure;
        });
        return command;
    }

    public static Command Undeploy(Argument<string> id)
    {
        var backend = new Option<string?>("--backend", "-b") { Description = "Backend (default: all)" };
        var name = new Option<string?>("--name", "-n") { Description = "Name in the backend (default: any)" };
        var force = new Option<bool>("--force") { Description = "Forget a deployment also when its backend cannot be reached" };
        var json = new Option<bool>("--json") { Description = "Output JSON" };
        var command = new Command("undeploy", "End deployments of a model and forget them") { id, backend, name, force, json };
        command.SetAction(async (result, cancellation) =>
        {
            Workbench workbench = HafsCommand.Workbench(result);
            var request = new UnpublishRequest
            {
                ModelId = result.GetRequiredValue(id),
                Backend = result.GetValue(backend),
                Name = result.GetValue(name),
                Force = result.GetValue(force),
            };
            IReadOnlyList<UnpublishResult> ended = await Terminal.WithProgress("Ending", progress => workbench.UnpublishAsync(request, progress, cancellation));
            if (result.GetValue(json))
            {
                Json.Write(ended);
                return;
            }

            foreach (UnpublishResult one in ended)
                Terminal.Done($"Ended {one.ModelId} on {one.Backend} as '{one.Name}': {one.Message}");
        });
        return command;
    }

    private static Option<string?> Endpoint() => new("--endpoint") { Description = "Address of a backend that runs already, such as http://127.0.0.1:8000/v1" };

    private static Uri? Address(string? written) => written is null ? null
        : Uri.TryCreate(written, UriKind.Absolute, out Uri? address) ? address
        : throw new HafsException(ErrorKind.InvalidArgument, "EndpointInvalid", $"{written} is no address", written, "An address begins with http:// or https://.");

    private static Argument<string> Backend()
    {
        var argument = new Argument<string>("backend") { Description = "Backend: " + string.Join(", ", DeploymentTargets.All.Select(t => t.RegistryName)) };
        argument.CompletionSources.Add(_ => DeploymentTargets.All.Select(t => new System.CommandLine.Completions.CompletionItem(t.RegistryName)));
        return argument;
    }
}
