namespace Pagewise.Cli.Terminal;

/// <summary>The user asked for something that cannot be done. The message is one clear line.</summary>
public sealed class UserException(string message) : Exception(message);
