using HafsModels.Benchmarks;

if (args is ["decode", .. string[] decodeArguments])
    return DecodeBenchmark.Run(decodeArguments);
if (args is ["quantize", .. string[] quantizeArguments])
    return QuantizeBenchmark.Run(quantizeArguments);
if (args is ["convert", .. string[] convertArguments])
    return ConvertBenchmark.Run(convertArguments);
if (args is ["convert-once", .. string[] onceArguments])
    return ConvertBenchmark.ConvertOnce(onceArguments);
if (args is ["onnx", .. string[] onnxArguments])
    return OnnxBenchmark.Run(onnxArguments);
if (args is ["onnx-once", .. string[] onnxOnceArguments])
    return OnnxBenchmark.ExportOnce(onnxOnceArguments);
if (args is ["tokenize", .. string[] tokenizeArguments])
    return TokenizeBenchmark.Run(tokenizeArguments);
if (args is ["verify", .. string[] verifyArguments])
    return VerifyCommand.Run(verifyArguments);
if (args is ["target", .. string[] targetArguments])
    return TargetBenchmark.Run(targetArguments);
if (args is ["transfer", .. string[] transferArguments])
    return TransferBenchmark.Run(transferArguments);
if (args is ["registry", .. string[] registryArguments])
    return RegistryBenchmark.Run(registryArguments);
if (args is ["grids", string gridsFile])
    return GridsCommand.Run(gridsFile);
if (args is ["recipes", string recipesFile])
    return RecipesCommand.Run(recipesFile);
if (args is ["golden", string goldenFile])
    return GoldenCommand.Run(goldenFile);
Console.Error.WriteLine("usage: HafsModels.Benchmarks quantize [--types A,B] [--importance] [--threads 1,2] [--json FILE]     beside libggml (HAFS_GGML)\n"
    + "       HafsModels.Benchmarks convert [--gigabytes N] [--threads 1,2] [--folder F] [--json FILE]      beside llama-quantize (HAFS_LLAMA_BIN)\n"
    + "       HafsModels.Benchmarks onnx [--types A,B] [--threads 1,2] [--layers N] [--python PYTHON] [--repetitions N] [--folder F] [--json FILE]   a model of 3 billion parameters as ONNX, and ONNX Runtime's own quantizer\n"
    + "       HafsModels.Benchmarks decode [--json FILE]\n"
    + "       HafsModels.Benchmarks tokenize [--tokenizers A,B]         beside @huggingface/transformers (HAFS_NODE_PEERS)\n"
    + "       HafsModels.Benchmarks verify [--types A,B] [--rows N]     every byte against libggml (HAFS_GGML)\n"
    + "       HafsModels.Benchmarks target [--models A,B] [--recipes A,B] [--text FILE] [--json FILE]   chosen types against stock recipes of the same size\n"
    + "       HafsModels.Benchmarks transfer [--gigabytes N] [--repetitions N] [--json FILE]   beside scp -r, through a real sshd (HAFS_SSHD)\n"
    + "       HafsModels.Benchmarks registry [--models N] [--repetitions N]       reading, listing and writing a registry of many models\n"
    + "       HafsModels.Benchmarks golden FILE                         hashes of what libggml encodes\n"
    + "       HafsModels.Benchmarks recipes FILE                        types that llama-quantize chooses (HAFS_LLAMA_BIN)\n"
    + "       HafsModels.Benchmarks grids FILE                          points of libggml's codebook grids");
return 1;
