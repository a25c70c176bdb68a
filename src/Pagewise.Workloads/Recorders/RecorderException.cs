namespace Pagewise.Workloads;

/// <summary>A program could not be recorded, by no fault of Pagewise: a tool is missing, or the program. One line.</summary>
/// <param name="message">What is wrong and what to do.</param>
/// <param name="inner">The host's error, if any.</param>
public sealed class RecorderException(string message, Exception? inner = null) : Exception(message, inner);
