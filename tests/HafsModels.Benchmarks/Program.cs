using HafsModels.Benchmarks;

if (args is ["decode", .. string[] decodeArguments])
    return DecodeBenchmark.Run(decodeArguments);
Console.Error.WriteLine("usage: HafsModels.Benchmarks quantize|convert|decode [--json FILE]");
return 1;
