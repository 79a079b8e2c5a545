using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace HafsModels.Tests.Tokenizers;

/// <summary>Runs a script of tests/peers in node.</summary>
internal static class NodePeer
{
    public static JsonDocument Run(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HAFS_NODE_PEERS"] = Peers.NodePeers;
        start.ArgumentList.Add(Repository.PathOf("tests", "peers", script));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process node = Process.Start(start)!;
        Task<string> errors = node.StandardError.ReadToEndAsync();
        JsonDocument? result = null;
        try
        {
            result = JsonDocument.Parse(node.StandardOutput.BaseStream);
        }
        catch (JsonException)
        {
            node.WaitForExit();
        }

        node.WaitForExit();
        Assert.True(result is not null && node.ExitCode == 0, $"node {script} ended with {node.ExitCode}: {errors.Result}");
        return result;
    }
}
