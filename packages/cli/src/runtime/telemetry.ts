/**
 * @file Keeps ONNX Runtime from telling its makers of the models that it is given: since version 1.29 its packages for Linux and macOS send names, hashes and
 * operators of each session's model to Microsoft, and keep an id of the device and a database in the user's cache, unless this is set when
 * it is loaded. To be imported before it; processes that are started inherit it. Who has set it otherwise has it otherwise.
 */

process.env.ORT_DISABLE_TELEMETRY ??= "1";
