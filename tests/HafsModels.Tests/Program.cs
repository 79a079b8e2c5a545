using HafsModels.Tests.Quantization;

namespace HafsModels.Tests;

/// <summary>What the test assembly does when it is run as a program: work that tests need in a process of its own.</summary>
internal static class Program
{
    public static int Main(string[] arguments)
    {
        if (arguments is ["kernels"])
            return KernelGoldens.Run(Console.Out);
        Console.Error.WriteLine("usage: HafsModels.Tests kernels     every golden block at every vector width this process has");
        return 2;
    }
}
