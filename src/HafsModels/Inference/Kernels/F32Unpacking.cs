using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>F32: the numbers as they are.</summary>
internal readonly struct F32Unpacking : IUnpacking
{
    /// <inheritdoc/>
    public static unsafe TSink Unpack<TSink>(byte* row, int count, TSink sink)
        where TSink : struct, ILaneSink
    {
        var numbers = (float*)row;
        int i = 0;
        for (; i <= count - 32; i += 32)
        {
            sink.Take(i, Vector512.Load(numbers + i));
            sink.TakeOther(i + 16, Vector512.Load(numbers + i + 16));
        }

        for (; i < count; i++)
            sink.TakeOne(i, numbers[i]);
        return sink;
    }
}
