Console.Error.WriteLine("usage: HafsModels.Benchmarks quantize|convert [--json FILE]");
return 1;
