using System.Globalization;
using HafsModels.Registry;

// A writer for the tests of the registry between processes: REGISTRY WORKER UPDATES [ensure]. With ensure it registers the shared model first.
// Every update raises the count of one shared model; every tenth also adds a model of its own and its deployment, which goes to the sidecar.
// A line is printed once the first update is done, so that a test knows when to kill.
string path = args[0], worker = args[1];
int updates = int.Parse(args[2], CultureInfo.InvariantCulture);
var registry = ModelRegistry.Open(path);
if (args is [.., "ensure"])
    Console.WriteLine(registry.Add(new Model { Id = "shared" }, force: true, CancellationToken.None).Registry);
for (int i = 0; i < updates; i++)
{
    registry.Update("shared", m => m with { TrainSamples = m.TrainSamples + 1 }, CancellationToken.None);
    if (i == 0)
        Console.WriteLine("writing");
    if (i % 10 != 0)
        continue;
    string own = string.Create(CultureInfo.InvariantCulture, $"worker-{worker}-{i % 50}");
    registry.Add(new Model { Id = own }, force: true, CancellationToken.None);
    registry.AddDeployment(new ModelDeployment { ModelId = own, Backend = "Embedded", Name = worker, Endpoint = "", ArtifactPath = "" }, CancellationToken.None);
}
