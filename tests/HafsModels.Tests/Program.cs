using HafsModels.Inference.Kernels;
using HafsModels.Tests.Inference;
using HafsModels.Tests.Quantization;

namespace HafsModels.Tests;

/// <summary>What the test assembly does when it is run as a program: work that tests need in a process of its own.</summary>
internal static class Program
{
    public static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["kernels"]:
                return KernelGoldens.Run(Console.Out);
            case ["products"]:
                (int cases, int wrong) = ProductCases.RunAll();
                Console.WriteLine($"cases {cases} wrong {wrong} tiles {(IntegerTile512.IsSupported ? 512 : 256)}");
                return wrong == 0 ? 0 : 1;
        }

        Console.Error.WriteLine("usage: HafsModels.Tests kernels     every golden block at every vector width this process has");
        Console.Error.WriteLine("       HafsModels.Tests products    the decoder's products with the instructions this process has");
        return 2;
    }
}
