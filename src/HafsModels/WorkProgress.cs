namespace HafsModels;

/// <summary>One report of progress on long work. Front ends throttle and draw it; the core reports as often as it likes.</summary>
/// <param name="Activity">What is going on, such as <c>Converting kjv-llama to Q4_K_M</c>.</param>
/// <param name="Status">What exactly is being worked on now, such as a tensor's name.</param>
/// <param name="CompletedBytes">Bytes of source data done.</param>
/// <param name="TotalBytes">Bytes of source data in all; 0 when unknown.</param>
public readonly record struct WorkProgress(string Activity, string Status, long CompletedBytes, long TotalBytes);
