namespace Pagewise.Reports.Exports;

/// <summary>A run file lacks what an export needs. The message is one clear line.</summary>
/// <param name="message">The line.</param>
public sealed class ExportException(string message) : Exception(message);
